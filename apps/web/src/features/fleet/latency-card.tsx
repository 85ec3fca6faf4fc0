import type { Misroute } from "@tidewire/protocol/cluster/inspect";
import { TriangleAlert } from "lucide-react";
import { formatLatency } from "#lib/format.ts";
import type { RegionView } from "#server/views/fleet.ts";
import { Card } from "#ui/card.tsx";
import { cn } from "#ui/class-names.ts";
import { RelativeTime } from "#ui/relative-time.tsx";
import { isMisrouted, type LatencyCell, misroutesOf, toMatrix } from "./latency.ts";

/** How far regions are from each other, as messages feel it, and who is served from the wrong one. */
export function LatencyCard({ regions }: { regions: readonly RegionView[] }) {
  const matrix = toMatrix(regions);
  const misroutes = misroutesOf(regions);
  const isAlone = matrix.rows.every(({ cells }) => cells.every((cell) => cell === null));
  if (isAlone && misroutes.length === 0) return null;
  return (
    <Card aria-label="Latency between regions">
      <header className="border-b p-4">
        <h2 className="font-medium text-sm">Latency between regions</h2>
        <p className="text-muted text-xs">
          Round trips over the bus in the last minute: the median, and below it the 99th percentile.
        </p>
      </header>
      <div className="overflow-x-auto p-4">
        <table className="text-xs">
          <thead>
            <tr>
              <th scope="col" className="pr-4 pb-2 text-left font-normal text-faint">
                from \ to
              </th>
              {matrix.regions.map((to) => (
                <th key={to} scope="col" className="min-w-24 px-3 pb-2 text-right font-mono font-normal">
                  {to}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {matrix.rows.map(({ from, cells }) => (
              <tr key={from} className="border-t">
                <th scope="row" className="py-2 pr-4 text-left font-mono font-normal">
                  {from}
                </th>
                {cells.map((cell, index) => {
                  const to = matrix.regions[index] ?? "";
                  return <Cell key={to} cell={cell} misrouted={isMisrouted(misroutes, from, to)} />;
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {misroutes.length > 0 ? <Misroutes misroutes={misroutes} /> : null}
    </Card>
  );
}

function Cell({ cell, misrouted }: { cell: LatencyCell | null; misrouted: boolean }) {
  if (cell === null) return <td className="px-3 py-2 text-right text-faint">–</td>;
  return (
    <td className={cn("px-3 py-2 text-right", misrouted && "bg-warn-soft")}>
      <span className="block">
        {misrouted ? <TriangleAlert className="mr-1 inline size-3 text-warn" aria-label="Misroute" /> : null}
        {formatLatency(cell.p50Ms)}
      </span>
      <span className="block text-faint">{formatLatency(cell.p99Ms)}</span>
      {cell.lost > 0 ? <span className="block text-bad">{Math.round(cell.lost * 100)} % lost</span> : null}
    </td>
  );
}

function Misroutes({ misroutes }: { misroutes: readonly Misroute[] }) {
  return (
    <ul aria-label="Misroutes" className="flex flex-col gap-1 border-t p-4 text-xs">
      {misroutes.map(({ kind, ref, who, region, rttMs, betterRegion, betterRttMs, sinceMs }) => (
        <li key={`${kind} ${ref} ${who}`}>
          <TriangleAlert className="mr-1.5 inline size-3 text-warn" aria-hidden />
          {kind === "project" ? "The database of " : "Client "}
          <span className="break-all font-mono">{who}</span> is {formatLatency(rttMs)} from {region} and{" "}
          {formatLatency(betterRttMs)} from {betterRegion}, since <RelativeTime atMs={sinceMs} />.
        </li>
      ))}
    </ul>
  );
}
