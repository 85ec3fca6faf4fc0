import { createNode } from "./app.ts";
import { systemClock } from "./clock.ts";
import { EnvError, type NodeEnv, readEnv } from "./env.ts";
import { superviseProcess } from "./lifecycle.ts";
import { createLog } from "./log.ts";

const env = readEnvOrExit();
const log = createLog({ level: env.logLevel, fields: { node: env.nodeId, region: env.region } });
const starting = createNode(env, { log, leave: (why) => leave(why) });

// A signal that comes during the start waits for its end: half a node cannot be drained.
const leave = superviseProcess(
  { drain: async () => (await starting).drain(), close: async () => (await starting).close() },
  { drainMs: env.drainMs, ownerPid: env.ownerPid, clock: systemClock, log },
);

try {
  const { url, adminUrl } = await starting;
  log.info({ url, adminUrl, pid: process.pid }, "ready");
} catch (err) {
  log.fatal({ err }, toSentence(err));
  process.exit(1);
}

function readEnvOrExit(): NodeEnv {
  try {
    return readEnv(process.env);
  } catch (error) {
    if (!(error instanceof EnvError)) throw error;
    console.error(error.message);
    process.exit(1);
  }
}

/** What an operator should read first; the error itself stands beside it. */
function toSentence(error: unknown): string {
  if (!(error instanceof Error && "code" in error && "port" in error)) return "the node could not start";
  if (error.code === "EADDRINUSE") return `port ${error.port} is taken by another program`;
  if (error.code === "EACCES") return `this user may not listen on port ${error.port}`;
  return "the node could not start";
}
