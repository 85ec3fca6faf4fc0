import { Member } from "./load/member.ts";
import { writeReport } from "./results.ts";
import { startServer } from "./servers/server-process.ts";

const CONNECTIONS = 5_000;
const MEMBERS_PER_TOPIC = 10;
const CONNECTING_AT_ONCE = 50;
/** The first ones teach the server its code: caches, compiled functions, pages of the heap. */
const WARM_UP = 500;
const SERVERS = [
  { name: "plain ws", module: "./plain-ws.ts" },
  { name: "tidewire node", module: "./tidewire.ts" },
] as const;

/** Connects and joins one channel each; nobody says anything after that. */
async function joinIdle(socketUrl: string, count: number, name: string): Promise<Member[]> {
  const members: Member[] = [];
  while (members.length < count) {
    const topicOf = (index: number) => `realtime:${name}-${Math.floor(index / MEMBERS_PER_TOPIC)}`;
    const some = Array.from({ length: CONNECTING_AT_ONCE }, (_, nth) =>
      Member.join(socketUrl, topicOf(members.length + nth)),
    );
    members.push(...(await Promise.all(some)));
  }
  return members;
}

const rows: (string | number)[][] = [];
for (const { name, module } of SERVERS) {
  await using server = await startServer(module);
  const { socketUrl } = server.listening;
  const first = await joinIdle(socketUrl, WARM_UP, "warm-up");
  const before = await server.memoryHeld();
  const idle = await joinIdle(socketUrl, CONNECTIONS, "idle");
  const after = await server.memoryHeld();
  const kibEach = (bytes: (memory: typeof after) => number) =>
    ((bytes(after) - bytes(before)) / CONNECTIONS / 1_024).toFixed(1);
  rows.push([
    name,
    CONNECTIONS,
    kibEach(({ rssBytes }) => rssBytes),
    kibEach(({ heapBytes }) => heapBytes),
    kibEach(({ externalBytes }) => externalBytes),
    idle.filter(({ isGone }) => isGone).length,
  ]);
  for (const member of [...first, ...idle]) member.close();
}

writeReport({
  name: "idle",
  title: "What an idle connection costs",
  command: "npm run idle -w @tidewire/bench",
  method:
    `${CONNECTIONS} raw sockets in another process each join one channel, ${MEMBERS_PER_TOPIC} to a topic, and are silent. Memory of the server after a full ` +
    `collection, per connection, beyond what it held with the first ${WARM_UP}.`,
  columns: ["server", "connections", "RSS KiB each", "heap KiB each", "buffers KiB each", "lost"],
  rows,
  reading:
    "What the node holds beyond a bare socket is what it knows: claims and channels, rates, when the last byte came, how many pings are out. " +
    "Supabase Realtime 2.122 took 88 KiB on such a machine.",
});
