import { startCluster } from "../../../apps/realtime-node/test/harness.ts";
import { serve } from "./server-process.ts";

/** One node as it is shipped, with limits out of the way. */
const UNLIMITED = 10_000_000;

const cluster = await startCluster({
  sql: process.env.BENCH_SQL,
  env: JSON.parse(process.env.BENCH_NODE_ENV ?? "{}"),
  limits: {
    maxConcurrentUsers: UNLIMITED,
    maxChannelsPerClient: UNLIMITED,
    maxJoinsPerSecond: UNLIMITED,
    maxEventsPerSecond: UNLIMITED,
    maxPresenceEventsPerSecond: UNLIMITED,
  },
});
const socketUrl = `${cluster.projectUrl().replace(/^http/, "ws")}/realtime/v1/websocket`;
serve(
  {
    socketUrl: `${socketUrl}?apikey=${cluster.project.keys.publishable.value}&vsn=2.0.0`,
    databaseUrl: cluster.project.database.adminUrl,
    jwtSecret: cluster.project.jwtSecret,
  },
  async () => cluster[Symbol.asyncDispose](),
);
