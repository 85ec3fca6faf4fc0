import { joinPoints, type LivePoints } from "#features/live/live-points.ts";
import { formatCount, formatMs, formatRate } from "#lib/format.ts";
import type { History, Overview } from "#server/views/overview.ts";
import type { Point } from "#server/views/survey.ts";
import { Meter } from "#ui/meter.tsx";
import { Tile } from "#ui/tile.tsx";

interface TilesProps {
  base: string;
  view: Overview;
  history: History | undefined;
  live: LivePoints;
  connectionsMax: number | undefined;
}

/** The figures of a project, each leading to the page that explains it. */
export function Tiles({ base, view, history, live, connectionsMax }: TilesProps) {
  const { rates, replication } = view;
  // Sums over nobody are zero, but nobody knows.
  const totals = view.answered.length > 0 ? view.totals : null;
  const points = (name: string): Point[] => joinPoints(history?.series[name], live[name], history?.fromMs);
  const pool = replication?.pool;
  return (
    <div className="grid grid-cols-2 gap-3 lg:grid-cols-3 xl:grid-cols-5">
      <Tile
        label="Connections"
        value={formatCount(totals?.connections)}
        note={connectionsMax ? `of ${formatCount(connectionsMax)}` : null}
        points={points("connections")}
        stepMs={history?.stepMs}
        href={`${base}/connections`}
      />
      <Tile
        label="Joins/s"
        value={formatRate(rates?.joins)}
        note={
          rates && rates.joinsRefused > 0
            ? `${formatRate(rates.joinsRefused)} refused/s`
            : `${formatCount(totals?.joinsRefused)} refused so far`
        }
        status={rates && rates.joinsRefused > 0 ? "warn" : "ok"}
        points={points("joins")}
        stepMs={history?.stepMs}
        href={`${base}/connections?tab=refusals`}
      />
      <Tile
        label="Messages in/s"
        value={formatRate(rates?.messagesIn)}
        note={`${formatCount(totals?.messagesIn)} so far`}
        points={points("messagesIn")}
        stepMs={history?.stepMs}
        href={`${base}/inspector`}
      />
      <Tile
        label="Deliveries/s"
        value={formatRate(rates?.deliveries)}
        note={`${formatCount(totals?.deliveries)} so far`}
        points={points("deliveries")}
        stepMs={history?.stepMs}
        href={`${base}/inspector`}
      />
      <Tile
        label="Row changes/s"
        value={formatRate(rates?.changes)}
        note={`${formatCount(totals?.changes)} so far`}
        points={points("changes")}
        stepMs={history?.stepMs}
        href={`${base}/replication`}
      />
      <Tile
        label="Lag p99"
        value={formatMs(replication?.lagP99Ms)}
        note={replication ? replication.state : "no home now"}
        status={replication?.state === "lost" ? "bad" : "ok"}
        points={points("stage.total.p99")}
        stepMs={history?.stepMs}
        href={`${base}/replication`}
      />
      <Tile
        label="Presence events/s"
        value={formatRate(rates?.presenceEvents)}
        note={`${formatCount(totals?.presenceEvents)} so far`}
        points={points("presenceEvents")}
        stepMs={history?.stepMs}
        href={`${base}/presence`}
      />
      <Tile
        label="Ghosts evicted"
        value={formatCount(totals?.evictions)}
        note="since the nodes started"
        points={points("evictions")}
        stepMs={history?.stepMs}
        href={`${base}/presence`}
      />
      <Tile
        label="Channels"
        value={formatCount(totals?.channels)}
        points={points("channels")}
        stepMs={history?.stepMs}
        href={`${base}/channels`}
      />
      <Tile
        label="Database budget"
        value={pool ? `${pool.inUse} / ${pool.size}` : "–"}
        note={pool ? (pool.queued > 0 ? `${pool.queued} waiting` : "connections in use") : "not in use"}
        status={pool && pool.queued > 0 ? "warn" : "ok"}
        href={`${base}/replication`}
      >
        {pool ? (
          <Meter label="Database connections in use" value={pool.inUse} max={pool.size} className="mt-4" />
        ) : null}
      </Tile>
    </div>
  );
}
