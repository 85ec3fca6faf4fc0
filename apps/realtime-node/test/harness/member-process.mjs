// A member in a process of its own: argv is the socket's URL, the full topic, and the presence key.
import { WebSocket } from "ws";

const [url, topic, key] = process.argv.slice(2);
const socket = new WebSocket(url);
const push = (ref, event, payload) => socket.send(JSON.stringify(["1", ref, topic, event, payload]));
socket.on("open", () => push("1", "phx_join", { config: { presence: { key, enabled: true } } }));
socket.on("message", (data) => {
  const [, ref, , event] = JSON.parse(String(data));
  if (event !== "phx_reply") return;
  if (ref === "1") push("2", "presence", { type: "presence", event: "track", payload: { key } });
  if (ref === "2") process.stdout.write("tracked\n");
});
