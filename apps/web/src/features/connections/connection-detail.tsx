"use client";
import { useMutation } from "@tanstack/react-query";
import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import Link from "next/link";
import { toast } from "sonner";
import { formatAgo, formatBytes, plural } from "#lib/format.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { ConfirmDialog } from "#ui/confirm-dialog.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { toastProblem } from "#ui/toast-problem.ts";

interface ConnectionDetailProps {
  connection: ConnectionInfo;
  /** False when it has closed since it was opened here. */
  open: boolean;
  atMs: number;
  onClose: () => void;
}

export function ConnectionDetail({ connection, open, atMs, onClose }: ConnectionDetailProps) {
  const trpc = useTRPC();
  const { ref, id, node } = connection;
  const kick = useMutation(
    trpc.connections.kick.mutationOptions({
      onSuccess: () => toast.success("The connection is closed"),
      onError: toastProblem,
    }),
  );
  return (
    <Dialog
      open
      onOpenChange={(next) => {
        if (!next) onClose();
      }}
      placement="side"
      title={connection.user ?? connection.role}
      description={open ? <Copyable text={id} what="connection id" /> : "has closed since you opened it"}
    >
      <div className="flex flex-col gap-5">
        <DefinitionList
          items={[
            { term: "Role", value: connection.role },
            { term: "Since", value: <RelativeTime atMs={connection.sinceMs} /> },
            { term: "Last byte", value: formatAgo(atMs - connection.lastByteMs) },
            { term: "Pings unanswered", value: String(connection.pingsOutstanding) },
            { term: "Buffered", value: formatBytes(connection.bufferedBytes) },
            { term: "Node", value: <Copyable text={node} what="node" /> },
            { term: "Address", value: <Copyable text={connection.address} what="address" /> },
            { term: "Transport", value: connection.transport === "longpoll" ? "Long polling" : "WebSocket" },
            { term: "Serializer", value: connection.vsn },
            {
              term: "Client",
              value: <span className="break-words text-xs">{connection.userAgent ?? "–"}</span>,
            },
          ]}
        />
        <section aria-label="Channels" className="flex flex-col gap-1.5">
          <h3 className="text-faint text-xs">{plural(connection.channels.length, "channel")}</h3>
          <ul className="rounded-md border">
            {connection.channels.map((channel) => (
              <li
                key={channel.id}
                className="flex items-center gap-2 border-b px-3 py-2 text-sm last:border-b-0"
              >
                <Link
                  href={`/projects/${ref}/inspector?q=${encodeURIComponent(`topic:${channel.topic}`)}`}
                  className="min-w-0 flex-1 truncate font-mono text-xs hover:text-accent"
                >
                  {channel.topic}
                </Link>
                {channel.private ? <Badge tone="outline">private</Badge> : null}
                {channel.bindings > 0 ? <Badge>{plural(channel.bindings, "binding")}</Badge> : null}
                <RelativeTime atMs={channel.sinceMs} className="text-faint text-xs" />
              </li>
            ))}
          </ul>
        </section>
        <div className="flex flex-wrap gap-2 border-t pt-4">
          <Button asChild>
            <Link href={`/projects/${ref}/inspector?q=${encodeURIComponent(`from:${id}`)}`}>
              Watch its messages
            </Link>
          </Button>
          <ConfirmDialog
            trigger={
              <Button variant="danger" disabled={!open}>
                Kick
              </Button>
            }
            title="Close this connection?"
            action="Close connection"
            onConfirm={() => kick.mutateAsync({ ref, node, connection: id })}
          >
            Its {plural(connection.channels.length, "channel")} end. Most clients connect again by themselves.
          </ConfirmDialog>
        </div>
      </div>
    </Dialog>
  );
}
