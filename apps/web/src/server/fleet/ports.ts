import { createServer } from "node:net";
import { setTimeout as delay } from "node:timers/promises";

/** Admin ports stand apart from the public ones so that a range of nodes never meets them. */
const ADMIN_PORT_OFFSET = 900;
/** Ports tried beyond the first before giving up. */
const PORTS_TRIED_MAX = 50;
const POLL_MS = 50;

export function toAdminPort(nodePort: number): number {
  return nodePort + ADMIN_PORT_OFFSET;
}

/** No pair of free ports for a node in the range we may use. */
class NoFreePort extends Error {
  override readonly name = "NoFreePort";
}

/**
 * The first port from `from` on whose admin port is free too and that no other node of ours holds.
 *
 * @throws NoFreePort with a sentence for the fleet page
 */
export async function findNodePort(from: number, taken: ReadonlySet<number>): Promise<number> {
  const last = Math.min(from + PORTS_TRIED_MAX, 65_535 - ADMIN_PORT_OFFSET);
  for (let port = from; port < last; port++) {
    if (taken.has(port)) continue;
    if ((await isFree(port)) && (await isFree(toAdminPort(port)))) return port;
  }
  throw new NoFreePort(
    `Ports ${from} to ${last - 1} (or their admin ports, ${ADMIN_PORT_OFFSET} higher) are all in use. Free one, or set TIDEWIRE_NODE_PORT to another range.`,
  );
}

/** The node's own port, if it becomes free within `patienceMs`, else as {@link findNodePort}: clients know it by that port. */
export async function findPortAgain(
  own: number,
  taken: ReadonlySet<number>,
  patienceMs: number,
): Promise<number> {
  const deadlineMs = performance.now() + patienceMs;
  while (performance.now() < deadlineMs) {
    if ((await isFree(own)) && (await isFree(toAdminPort(own)))) return own;
    await delay(POLL_MS);
  }
  return findNodePort(own, taken);
}

/** Whether loopback lets us listen there right now. */
function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once("error", () => resolve(false));
    probe.listen({ port, host: "127.0.0.1", exclusive: true }, () => probe.close(() => resolve(true)));
  });
}
