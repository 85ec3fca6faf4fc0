// A client in a process of its own, to be killed or frozen from outside: argv is URL, key, topic, presence key.
import { createClient } from "@supabase/supabase-js";
import { WebSocket } from "ws";

const [url, key, topic, name] = process.argv.slice(2);
const client = createClient(url, key, { realtime: { transport: WebSocket } });
const room = client.channel(topic, { config: { presence: { key: name } } });
room.subscribe(async (status, error) => {
  if (status !== "SUBSCRIBED") {
    console.error(status, error?.message ?? "");
    return;
  }
  await room.track({ name });
  process.stdout.write("tracked\n");
});
