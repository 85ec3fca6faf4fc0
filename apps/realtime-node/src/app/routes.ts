import type { Misroute } from "@tidewire/protocol/cluster/inspect";
import { exposeRoutes } from "../cluster/route-metrics.ts";
import { Routes } from "../cluster/routes.ts";
import type { Core } from "./core.ts";

/** @param homes refs of the projects whose home is this node */
export function createRoutes(core: Core, homes: () => Iterable<string>): Routes {
  const { identity, bus, clock, log, membership, registry, users, metrics } = core;
  const routes = new Routes({
    identity,
    bus,
    clock,
    log,
    peers: () => membership.peers(),
    projects: {
      inUse: () => users.refs(),
      homes,
      databaseUrl(ref) {
        const project = registry.peek(ref);
        // A project of elsewhere: known from the next time on, or not at all.
        if (project === undefined) void registry.find(ref).catch(() => undefined);
        return project?.record.databaseUrl;
      },
    },
    onMisroute: (misroute, change) => announce(core, misroute, change),
  });
  exposeRoutes(metrics.registry, () => routes.view());
  return routes;
}

function announce({ tap, log }: Core, misroute: Misroute, change: "began" | "ended"): void {
  const { kind, ref, who, region, rttMs, betterRegion, betterRttMs } = misroute;
  const from = kind === "client" ? `client ${who}` : "the project's database";
  const message =
    change === "began"
      ? `${from} is ${Math.round(rttMs)} ms from ${region} and ${Math.round(betterRttMs)} ms from ${betterRegion}`
      : `${from} is not misrouted any more`;
  log[change === "began" ? "warn" : "info"]({ ...misroute, change }, "misroute");
  tap.emit({ ref, kind: "system", event: "misroute", code: "Misrouted", message });
}
