"use client";
import { useMutation } from "@tanstack/react-query";
import type { PresenceMember } from "@tidewire/protocol/cluster/inspect";
import Link from "next/link";
import { toast } from "sonner";
import { formatBytes } from "#lib/format.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { ConfirmDialog } from "#ui/confirm-dialog.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { JsonTree } from "#ui/json-tree.tsx";
import { RelativeTime } from "#ui/relative-time.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { toastProblem } from "#ui/toast-problem.ts";
import { describeEvidence, MEMBER_STATUS } from "./evidence.ts";

interface MemberDetailProps {
  projectRef: string;
  member: PresenceMember;
  /** When the evidence was taken. */
  atMs: number;
  /** False when the member has gone since it was opened. */
  present: boolean;
  onClose: () => void;
}

export function MemberDetail({ projectRef, member, atMs, present, onClose }: MemberDetailProps) {
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      placement="side"
      title={member.key}
      description={<span className="font-mono text-xs">{member.topic}</span>}
    >
      <div className="flex flex-col gap-5">
        <p className="flex items-start gap-2 text-sm">
          <StatusMark
            status={present ? MEMBER_STATUS[member.state] : "idle"}
            label={present ? member.state : "gone"}
            className="mt-1"
          />
          {present ? describeEvidence(member, atMs) : "has gone since you opened it; the departures say why"}
        </p>
        <JsonTree text={member.metaJson} label="Metas as JSON" className="max-h-72" />
        <DefinitionList
          items={[
            { term: "Since", value: <RelativeTime atMs={member.sinceMs} /> },
            { term: "Channel", value: member.private ? "private" : "public" },
            { term: "Node", value: `${member.node} (${member.region})` },
            { term: "phx_ref", value: <Copyable text={member.phxRef} what="phx_ref" /> },
            { term: "Buffered", value: formatBytes(member.bufferedBytes) },
            {
              term: "Connection",
              value: member.connection ? (
                <Link
                  href={`/projects/${projectRef}/connections?q=${encodeURIComponent(member.connection)}`}
                  className="break-all font-mono text-accent text-xs hover:underline"
                >
                  {member.connection}
                </Link>
              ) : (
                "–"
              ),
            },
          ]}
        />
        {present ? <Actions projectRef={projectRef} member={member} /> : null}
      </div>
    </Dialog>
  );
}

function Actions({ projectRef, member }: { projectRef: string; member: PresenceMember }) {
  const trpc = useTRPC();
  const evict = useMutation(
    trpc.presence.evict.mutationOptions({
      onSuccess: () => toast.success(`${member.key} is evicted`),
      onError: toastProblem,
    }),
  );
  const kick = useMutation(
    trpc.connections.kick.mutationOptions({
      onSuccess: () => toast.success("The connection is closed"),
      onError: toastProblem,
    }),
  );
  const { connection } = member;
  return (
    <div className="flex flex-wrap gap-2 border-t pt-4">
      <ConfirmDialog
        trigger={<Button variant="danger">Evict</Button>}
        title={`Evict ${member.key}?`}
        action="Evict"
        onConfirm={() =>
          evict.mutateAsync({
            ref: projectRef,
            node: member.node,
            topic: member.topic,
            phxRef: member.phxRef,
          })
        }
      >
        It leaves the presence of <span className="font-mono">{member.topic}</span> at once. Its connection
        stays open and may track again.
      </ConfirmDialog>
      {connection ? (
        <ConfirmDialog
          trigger={<Button variant="danger">Close its connection</Button>}
          title="Close the connection?"
          action="Close connection"
          onConfirm={() => kick.mutateAsync({ ref: projectRef, node: member.node, connection })}
        >
          All its channels end. Most clients connect again by themselves.
        </ConfirmDialog>
      ) : null}
    </div>
  );
}
