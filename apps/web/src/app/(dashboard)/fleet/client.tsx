"use client";
import { AddRegion } from "#features/fleet/add-region.tsx";
import { LatencyCard } from "#features/fleet/latency-card.tsx";
import { NodeDetail } from "#features/fleet/node-detail.tsx";
import { ReconcilerCard } from "#features/fleet/reconciler-card.tsx";
import { RegionCard } from "#features/fleet/region-card.tsx";
import { surveyOf } from "#features/fleet/survey-of.ts";
import { useFleet } from "#features/fleet/use-fleet.ts";
import { Card } from "#ui/card.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";

export function FleetClient() {
  const { data: view, error, refetch, peaks, feed } = useFleet();
  const [selected, setSelected] = useUrlParam("node");
  const node = view?.regions.flatMap(({ nodes }) => nodes).find(({ id }) => id === selected);

  return (
    <>
      <PageHeader
        title="Fleet"
        description="Regions, the nodes in them, and what keeps them alive."
        actions={<AddRegion />}
      />
      <StatusLine feed={feed} survey={view && surveyOf(view)} className="-mt-2 pb-4" />
      {view ? (
        <div className="flex flex-col gap-4">
          {view.regions.map((region) => (
            <RegionCard
              key={region.id}
              region={region}
              peaks={peaks}
              atMs={view.askedAtMs}
              managed={view.reconciler.role !== "off"}
              selected={selected}
              onOpen={({ id }) => setSelected(id)}
            />
          ))}
          {view.regions.length === 0 ? (
            <Card>
              <EmptyState title="No region yet" action={<AddRegion />}>
                A region is a place with nodes; a project lives in one.
              </EmptyState>
            </Card>
          ) : null}
          <LatencyCard regions={view.regions} />
          <ReconcilerCard reconciler={view.reconciler} />
        </div>
      ) : (
        <Pending error={error} onRetry={() => void refetch()} />
      )}
      {node ? <NodeDetail node={node} onClose={() => setSelected("")} /> : null}
    </>
  );
}
