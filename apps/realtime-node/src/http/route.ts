import type { Misroute } from "@tidewire/protocol/cluster/inspect";
import { InvalidFields } from "@tidewire/protocol/supabase/rest";
import { z } from "zod";
import type { ClientReport } from "../cluster/client-routes.ts";
import type { Alternative } from "../cluster/routes.ts";

/** What the route of a client needs of the node. */
export interface ClientRouteDeps {
  here: { region: string; node: string };
  /** Where clients reach this node; known once it is open. */
  url(): string;
  routes: {
    alternatives(): Alternative[];
    clients: { report(report: ClientReport): Misroute | undefined };
  };
}

/** A path that answers at once and without a key, for a client that measures. */
const PROBE_PATH = "/livez";
/** A minute is judged by at least two reports. */
const REPORT_EVERY_MS = 30_000;
const REGIONS_MAX = 32;
const NAME_LENGTH_MAX = 64;

const Measured = z.object({
  region: z.string().max(NAME_LENGTH_MAX),
  rtt_ms: z.number().nonnegative().finite(),
});
const Report = z.object({
  client: z.string().min(1).max(NAME_LENGTH_MAX),
  measured: z.array(Measured).min(1).max(REGIONS_MAX),
});

/** `GET /realtime/v1/route` (rule M9): where the client is, and what it may compare with. */
export function describeRoute({ here, url, routes }: ClientRouteDeps, ref: string): object {
  const at = (address: string) => ({ url: `${address}/p/${ref}`, probe: address + PROBE_PATH });
  return {
    region: here.region,
    node: here.node,
    ...at(url()),
    alternatives: routes.alternatives().map(({ region, node, url: address, rttMs }) => ({
      region,
      node,
      ...at(address),
      node_rtt_ms: round(rttMs),
    })),
    report_every_ms: REPORT_EVERY_MS,
  };
}

/**
 * `POST /realtime/v1/route` (rule M10): what a client has measured to the probes of the regions.
 *
 * @throws InvalidFields when the body is no report, or does not say how far this region is
 */
export function takeRouteReport({ here, routes }: ClientRouteDeps, ref: string, body: string): object {
  const { client, measured } = parseReport(body);
  const distances = measured.map(({ region, rtt_ms }) => ({ region, rttMs: rtt_ms }));
  const own = distances.find(({ region }) => region === here.region);
  if (own === undefined) throw new InvalidFields({ measured: [`must hold this region, ${here.region}`] });
  const misroute = routes.clients.report({ ref, who: client, here: own, others: distances });
  if (misroute === undefined) return { misrouted: false };
  return {
    misrouted: true,
    better_region: misroute.betterRegion,
    better_by_ms: round(misroute.rttMs - misroute.betterRttMs),
    since: new Date(misroute.sinceMs).toISOString(),
  };
}

function parseReport(body: string): z.infer<typeof Report> {
  const report = Report.safeParse(parseJson(body));
  if (report.success) return report.data;
  throw new InvalidFields({ measured: ['expected {"client": name, "measured": [{"region", "rtt_ms"}]}'] });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function round(ms: number): number {
  return Math.round(ms * 10) / 10;
}
