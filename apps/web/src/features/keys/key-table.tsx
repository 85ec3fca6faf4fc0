"use client";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo } from "react";
import { toast } from "sonner";
import type { CreatedKey, KeyView } from "#server/views/key.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { ConfirmDialog } from "#ui/confirm-dialog.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { type Column, DataTable } from "#ui/data-table.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { useNow } from "#ui/use-now.ts";
import { keyState } from "./key-state.ts";

interface KeyTableProps {
  projectRef: string;
  keys: readonly KeyView[];
  mayChange: boolean;
  /** A rotation made a new key, to be shown this once. */
  onMade: (key: CreatedKey) => void;
}

export function KeyTable({ projectRef, keys, mayChange, onMade }: KeyTableProps) {
  const nowMs = useNow() ?? 0;
  const columns = useMemo(
    () =>
      columnsOf(nowMs, (key) => (
        <KeyActions projectRef={projectRef} item={key} mayChange={mayChange} onMade={onMade} />
      )),
    [nowMs, projectRef, mayChange, onMade],
  );
  return (
    <DataTable
      label="API keys"
      columns={columns}
      rows={keys}
      rowKey={({ id }) => id}
      sort="-created"
      minWidth="880px"
      empty={
        <p className="p-6 text-center text-muted text-sm">
          No keys: no client can connect. Create a publishable one for browsers.
        </p>
      }
    />
  );
}

function columnsOf(nowMs: number, actions: (key: KeyView) => React.ReactNode): Column<KeyView>[] {
  return [
    { id: "name", header: "Name", width: "160px", value: ({ name }) => name },
    {
      id: "kind",
      header: "Kind",
      width: "120px",
      filter: true,
      value: ({ kind }) => kind,
      cell: ({ kind }) => <Badge tone={kind === "secret" ? "warn" : "accent"}>{kind}</Badge>,
    },
    {
      id: "key",
      header: "Key",
      value: ({ prefix }) => prefix,
      cell: ({ key, prefix, name }) =>
        key === null ? (
          <span className="font-mono text-muted text-xs">{prefix}…</span>
        ) : (
          <Copyable text={key} what={`key ${name}`} />
        ),
    },
    {
      id: "state",
      header: "State",
      value: (key) => keyState(key, nowMs).words,
      cell: (key) => {
        const { status, words } = keyState(key, nowMs);
        return (
          <span className="flex items-center gap-1.5">
            <StatusMark status={status} label="" /> <span className="truncate">{words}</span>
          </span>
        );
      },
    },
    {
      id: "created",
      header: "Created",
      width: "110px",
      value: ({ createdAtMs }) => createdAtMs,
      cell: ({ createdAtMs }) => <RelativeTime atMs={createdAtMs} className="text-xs" />,
    },
    {
      id: "used",
      header: "Last used",
      width: "110px",
      value: ({ lastUsedAtMs }) => lastUsedAtMs,
      cell: ({ lastUsedAtMs }) =>
        lastUsedAtMs === null ? (
          <span className="text-faint">–</span>
        ) : (
          <RelativeTime atMs={lastUsedAtMs} className="text-xs" />
        ),
    },
    { id: "actions", header: "Actions", width: "170px", value: () => "", cell: actions },
  ];
}

interface KeyActionsProps {
  projectRef: string;
  item: KeyView;
  mayChange: boolean;
  onMade: (key: CreatedKey) => void;
}

function KeyActions({ projectRef, item, mayChange, onMade }: KeyActionsProps) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const onSettled = () =>
    client.invalidateQueries({ queryKey: trpc.keys.list.queryKey({ ref: projectRef }) });
  const rotate = useMutation(
    trpc.keys.rotate.mutationOptions({ onSuccess: onMade, onError: toastProblem, onSettled }),
  );
  const revoke = useMutation(
    trpc.keys.revoke.mutationOptions({
      onSuccess: () => toast.success(`${item.name} is revoked`),
      onError: toastProblem,
      onSettled,
    }),
  );
  if (!keyState(item, Date.now()).usable) return null;
  if (!mayChange) return <span className="text-faint text-xs">admins only</span>;
  return (
    <span className="flex gap-1">
      <ConfirmDialog
        trigger={
          <Button variant="ghost" size="sm" aria-label={`Rotate ${item.name}`}>
            Rotate
          </Button>
        }
        title={`Rotate ${item.name}?`}
        action="Rotate"
        onConfirm={() => rotate.mutateAsync({ ref: projectRef, id: item.id })}
      >
        A new key of the same kind is made. The old one goes on for a day, so that clients can be changed
        without a gap.
      </ConfirmDialog>
      <ConfirmDialog
        trigger={
          <Button
            variant="ghost"
            size="sm"
            aria-label={`Revoke ${item.name}`}
            className="text-bad hover:text-bad"
          >
            Revoke
          </Button>
        }
        title={`Revoke ${item.name}?`}
        action="Revoke"
        typeToConfirm={item.name}
        onConfirm={() => revoke.mutateAsync({ ref: projectRef, id: item.id })}
      >
        It stops working at once, on every node. Clients that use it cannot connect any more.
      </ConfirmDialog>
    </span>
  );
}
