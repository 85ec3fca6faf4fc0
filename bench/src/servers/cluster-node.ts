import { createNode } from "../../../apps/realtime-node/src/app.ts";
import { readEnv } from "../../../apps/realtime-node/src/env.ts";
import { createLog } from "../../../apps/realtime-node/src/log.ts";
import { serve } from "./server-process.ts";

/** One node of several, with the environment it would have in production. */
const node = await createNode(readEnv(process.env), { log: createLog({ level: "error", fields: {} }) });
const url = `${node.url.replace(/^http/, "ws")}/p/${process.env.BENCH_REF}/realtime/v1/websocket`;
serve({ socketUrl: `${url}?apikey=${process.env.BENCH_KEY}&vsn=2.0.0` }, () => node.close());
