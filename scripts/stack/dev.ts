import path from "node:path";
import { context } from "esbuild";
import { ROOT } from "../prepare/run-step.mjs";
import { stopNodes } from "./nodes.ts";
import { NODE_MARK } from "./web.ts";

/**
 * Development: bundles the node at every change and ends the running ones; the reconciler then starts the new code.
 *
 * @returns how to stop watching
 */
export async function rebuildNodes(
  database: string,
  say: (line: string) => void,
): Promise<() => Promise<void>> {
  const { bundle } = await import(path.join(ROOT, "apps/realtime-node/bundle.mjs"));
  let isFirst = true;
  const watcher = await context({
    ...bundle,
    plugins: [
      ...(bundle.plugins ?? []),
      {
        name: "replace-running-nodes",
        setup(build) {
          build.onEnd(async ({ errors }) => {
            if (isFirst || errors.length > 0) {
              isFirst = false;
              return;
            }
            say("The node's source changed; replacing the running nodes.");
            await stopNodes(database, NODE_MARK);
          });
        },
      },
    ],
  });
  await watcher.rebuild();
  await watcher.watch();
  return () => watcher.dispose();
}
