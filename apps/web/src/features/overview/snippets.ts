import type { Language } from "#ui/highlight.ts";

export interface Snippet {
  id: string;
  label: string;
  language: Language;
  text: string;
}

interface Target {
  url: string;
  websocketUrl: string;
  /** Shown in place of a key when the project has none. */
  key: string;
}

/** Ways to speak with a project, ready to paste: the first lines of a client, a tool, a shell. */
export function toSnippets({ url, websocketUrl, key }: Target): Snippet[] {
  return [
    {
      id: "supabase-js",
      label: "supabase-js",
      language: "ts",
      text: `import { createClient } from "@supabase/supabase-js";

const client = createClient("${url}", "${key}");

const room = client.channel("room:1", { config: { broadcast: { self: true } } });
room
  .on("broadcast", { event: "hello" }, ({ payload }) => console.log(payload))
  .on("presence", { event: "sync" }, () => console.log(room.presenceState()))
  .on("postgres_changes", { event: "*", schema: "public", table: "messages" }, console.log)
  .subscribe(async (status, error) => {
    console.log(status, error?.message ?? "");
    if (status !== "SUBSCRIBED") return;
    await room.track({ name: "me" });
    await room.send({ type: "broadcast", event: "hello", payload: { text: "hi" } });
  });`,
    },
    {
      id: "phoenix",
      label: "phoenix",
      language: "ts",
      text: `import { Socket } from "phoenix";

const socket = new Socket("${websocketUrl.replace(/\/websocket$/, "")}", {
  params: { apikey: "${key}" },
  vsn: "2.0.0",
});
socket.connect();

const room = socket.channel("realtime:room:1", { config: { broadcast: { self: true } } });
room.on("broadcast", (message) => console.log(message));
room
  .join()
  .receive("ok", () => room.push("broadcast", { type: "broadcast", event: "hello", payload: { text: "hi" } }))
  .receive("error", ({ reason }) => console.error(reason));`,
    },
    {
      id: "curl",
      label: "curl",
      language: "shell",
      text: `curl -i -X POST '${url}/realtime/v1/api/broadcast' \\
  -H 'apikey: ${key}' \\
  -H 'content-type: application/json' \\
  -d '{"messages":[{"topic":"room:1","event":"hello","payload":{"text":"hi"}}]}'`,
    },
    {
      id: "wscat",
      label: "wscat",
      language: "shell",
      text: `npx wscat -c '${websocketUrl}?apikey=${key}&vsn=2.0.0'
# then paste, one by one:
["1","1","realtime:room:1","phx_join",{"config":{"broadcast":{"self":true}}}]
["1","2","realtime:room:1","broadcast",{"type":"broadcast","event":"hello","payload":{"text":"hi"}}]`,
    },
  ];
}
