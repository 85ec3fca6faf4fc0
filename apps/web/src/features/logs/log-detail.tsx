"use client";
import { docsAnchor, isErrorCode, outcomeOf } from "@tidewire/protocol/errors";
import Link from "next/link";
import type { LogEntry } from "#server/views/logs.ts";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { ClockTime } from "#ui/relative-time.tsx";
import { WithCode } from "#ui/with-code.tsx";
import { KIND_TONE } from "./log-table.tsx";

interface LogDetailProps {
  projectRef: string;
  entry: LogEntry;
  onClose: () => void;
}

/** One entry, with what its code means and what ends it. */
export function LogDetail({ projectRef, entry, onClose }: LogDetailProps) {
  const { atMs, kind, code, sentence, times, node, topic, who } = entry;
  const items = [
    { term: "Time", value: <ClockTime atMs={atMs} className="text-xs" /> },
    { term: "Times", value: times > 1 ? `${times}, in the same moment` : null },
    { term: "Topic", value: topic && <Copyable text={topic} what="topic" /> },
    { term: "Who", value: who && <Copyable text={who} what="who" /> },
    { term: "Node", value: node && <Copyable text={node} what="node" /> },
  ];
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      placement="side"
      title={code ?? kind}
      description={
        <Badge tone={KIND_TONE[kind]} className="mt-1">
          {kind}
        </Badge>
      }
    >
      <div className="flex flex-col gap-5">
        <p className="break-words text-sm">{sentence}</p>
        <DefinitionList items={items.filter(({ value }) => value !== null && value !== "")} />
        {code !== null && isErrorCode(code) ? <Meaning code={code} /> : null}
        <Ways projectRef={projectRef} entry={entry} />
      </div>
    </Dialog>
  );
}

function Meaning({ code }: { code: Parameters<typeof outcomeOf>[0] }) {
  const { when, remedy } = outcomeOf(code);
  return (
    <section aria-label="Meaning" className="flex flex-col gap-3 rounded-md border bg-inset p-3 text-sm">
      <div>
        <h3 className="text-faint text-xs">When</h3>
        <p>
          <WithCode text={when} />
        </p>
      </div>
      <div>
        <h3 className="text-faint text-xs">What ends it</h3>
        <p>
          <WithCode text={remedy} />
        </p>
      </div>
      <p className="flex items-baseline gap-2 text-faint text-xs">
        More in <Copyable text={`docs/${docsAnchor(code)}`} what="place in the documentation" />
      </p>
    </section>
  );
}

/** Where the same event can be looked at from another side. */
function Ways({ projectRef, entry: { kind, code, topic, who } }: Omit<LogDetailProps, "onClose">) {
  const base = `/projects/${projectRef}`;
  const query = (name: string, value: string) => `?${name}=${encodeURIComponent(value)}`;
  const ways = [
    code === "Unauthorized" && topic !== null
      ? { label: "Simulate this topic", href: `${base}/policies${query("topic", topic)}` }
      : null,
    topic !== null
      ? { label: "Watch this topic", href: `${base}/inspector${query("q", `topic:${topic}`)}` }
      : null,
    ["gap", "outage", "take-over"].includes(kind)
      ? { label: "Replication", href: `${base}/replication` }
      : null,
    kind === "change" && who !== null ? { label: "Audit", href: `/audit${query("q", who)}` } : null,
  ].filter((way) => way !== null);
  if (ways.length === 0) return null;
  return (
    <div className="flex flex-wrap gap-2 border-t pt-4">
      {ways.map(({ label, href }) => (
        <Button key={label} asChild>
          <Link href={href}>{label}</Link>
        </Button>
      ))}
    </div>
  );
}
