import { type Profiler, Session } from "node:inspector/promises";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

/** A function and its share of the processor time of a phase, in its own lines only. */
export interface HotSpot {
  name: string;
  share: number;
}

const SHOWN = 25;
/** V8's names for time in which no JavaScript of ours ran. */
const IDLE: ReadonlySet<string> = new Set(["(idle)", "(root)"]);

/** Samples this process until the returned function is called, which tells where the time went. */
export async function startProfile(): Promise<() => Promise<HotSpot[]>> {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.start");
  return async () => {
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return hotSpotsOf(profile);
  };
}

function hotSpotsOf({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): HotSpot[] {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, nameOf(callFrame)]));
  const selfUs = new Map<string, number>();
  let busyUs = 0;
  for (const [index, id] of samples.entries()) {
    const name = names.get(id) ?? "";
    if (IDLE.has(name)) continue;
    const us = timeDeltas[index] ?? 0;
    busyUs += us;
    selfUs.set(name, (selfUs.get(name) ?? 0) + us);
  }
  return [...selfUs]
    .map(([name, us]) => ({ name, share: us / busyUs }))
    .sort((a, b) => b.share - a.share)
    .slice(0, SHOWN);
}

function nameOf({ functionName, url, lineNumber }: Profiler.Profile["nodes"][number]["callFrame"]): string {
  const name = functionName || "(anonymous)";
  if (url === "") return name;
  const file = url.startsWith("file:") ? basename(fileURLToPath(url)) : url;
  return `${name} ${file}:${lineNumber + 1}`;
}
