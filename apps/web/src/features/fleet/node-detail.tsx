"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import Link from "next/link";
import { toast } from "sonner";
import { NODE_STATUS } from "#features/shell/region-health.ts";
import { formatBytes, formatCount, formatMs } from "#lib/format.ts";
import type { NodeView } from "#server/views/fleet.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { ConfirmDialog } from "#ui/confirm-dialog.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { Pending } from "#ui/pending.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { ScrollRegion } from "#ui/scroll-region.tsx";
import { Skeleton } from "#ui/skeleton.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { toastProblem } from "#ui/toast-problem.ts";

interface NodeDetailProps {
  node: NodeView;
  onClose: () => void;
}

export function NodeDetail({ node, onClose }: NodeDetailProps) {
  const trpc = useTRPC();
  const drain = useMutation(
    trpc.fleet.drain.mutationOptions({
      onSuccess: () => toast.success(`${node.id} is draining`),
      onError: toastProblem,
    }),
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      placement="side"
      className="max-w-2xl"
      title={node.id}
      description={node.region}
    >
      <div className="flex flex-col gap-5">
        <p className="flex items-start gap-2 text-sm">
          <StatusMark status={NODE_STATUS[node.health]} label={node.health} className="mt-1" />
          {node.health}: {node.reason}
        </p>
        <DefinitionList items={factsOf(node)} />
        <div className="flex gap-2">
          <ConfirmDialog
            trigger={
              <Button variant="danger" disabled={node.health === "draining" || node.health === "down"}>
                Drain
              </Button>
            }
            title={`Drain ${node.id}?`}
            action="Drain"
            onConfirm={() => drain.mutateAsync({ node: node.id })}
          >
            Its {formatCount(node.connections)} connections are asked to move, spread over time; then it
            stops. The reconciler starts another one if the region wants it.
          </ConfirmDialog>
        </div>
        <Log node={node.id} />
      </div>
    </Dialog>
  );
}

function factsOf(node: NodeView) {
  return [
    { term: "URL", value: <Copyable text={node.url} what="node URL" /> },
    { term: "Process", value: node.pid === null ? "–" : String(node.pid) },
    { term: "Version", value: node.version },
    { term: "Started", value: node.startedAtMs === null ? "–" : <RelativeTime atMs={node.startedAtMs} /> },
    { term: "Last beat", value: node.beatAtMs === null ? "–" : <RelativeTime atMs={node.beatAtMs} /> },
    { term: "Connections", value: formatCount(node.connections) },
    { term: "Event loop p99", value: formatMs(node.eventLoopP99Ms) },
    { term: "Heap / RSS", value: `${formatBytes(node.heapBytes)} / ${formatBytes(node.rssBytes)}` },
    {
      term: "Control database",
      value:
        node.controlDatabase === null ? (
          "–"
        ) : node.controlDatabase.ok ? (
          "answers"
        ) : (
          <span className="text-warn">
            has not answered since <RelativeTime atMs={node.controlDatabase.sinceMs} />; it serves from what
            it knows
          </span>
        ),
    },
    {
      term: "Home of",
      value:
        node.homes.length === 0
          ? "no project"
          : node.homes.map((ref) => (
              <Link
                key={ref}
                href={`/projects/${ref}/replication`}
                className="mr-2 font-mono text-accent text-xs hover:underline"
              >
                {ref}
              </Link>
            )),
    },
  ];
}

const LOG_REFRESH_MS = 2_000;

function Log({ node }: { node: string }) {
  const trpc = useTRPC();
  const { data, error, refetch } = useQuery({
    ...trpc.fleet.log.queryOptions({ node }),
    refetchInterval: LOG_REFRESH_MS,
  });
  return (
    <section aria-label="Log" className="flex flex-col gap-1.5">
      <h3 className="text-faint text-xs">Log{data?.truncated ? " (its end)" : ""}</h3>
      {data ? (
        <ScrollRegion
          label={`Log of ${node}`}
          className="max-h-80 overflow-auto rounded-md border bg-inset p-3"
        >
          <pre className="font-mono text-2xs text-muted leading-4">
            {data.lines.length === 0 ? "It has written nothing." : data.lines.join("\n")}
          </pre>
        </ScrollRegion>
      ) : (
        <Pending error={error} onRetry={() => void refetch()}>
          <Skeleton className="h-40" />
        </Pending>
      )}
    </section>
  );
}
