import { formatCount } from "#lib/format.ts";
import type { RegionShare } from "#server/views/overview.ts";
import { Card, CardHeader } from "#ui/card.tsx";

export function RegionTable({ regions }: { regions: readonly RegionShare[] }) {
  return (
    <Card aria-label="By region">
      <CardHeader title="By region" />
      {regions.length === 0 ? (
        <p className="px-4 pb-4 text-muted text-sm">No node has answered for this project.</p>
      ) : (
        <table aria-label="By region" className="w-full text-sm">
          <thead>
            <tr className="border-y text-faint text-xs">
              <th scope="col" className="px-4 py-1.5 text-left font-medium">
                Region
              </th>
              <th scope="col" className="px-4 py-1.5 text-right font-medium">
                Nodes
              </th>
              <th scope="col" className="px-4 py-1.5 text-right font-medium">
                Connections
              </th>
              <th scope="col" className="px-4 py-1.5 text-right font-medium">
                Channels
              </th>
            </tr>
          </thead>
          <tbody>
            {regions.map((region) => (
              <tr key={region.region} className="border-b last:border-b-0">
                <td className="px-4 py-2 font-mono text-xs">{region.region}</td>
                <td className="px-4 py-2 text-right">{formatCount(region.nodes)}</td>
                <td className="px-4 py-2 text-right">{formatCount(region.connections)}</td>
                <td className="px-4 py-2 text-right">{formatCount(region.channels)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
