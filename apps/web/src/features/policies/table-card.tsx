"use client";
import type { PolicyTable, TablePolicy } from "@tidewire/db/policy-tables";
import { Plus } from "lucide-react";
import { useAskChange } from "#features/database/change-dialog.tsx";
import { describeRoles, isMessages } from "#lib/policies/describe-policy.ts";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { PolicyItem } from "./policy-item.tsx";
import type { Said } from "./said.ts";

interface TableCardProps {
  table: PolicyTable;
  mayChange: boolean;
  /** The dashboard can act as the table's owner. */
  isOwn: boolean;
  said: ReadonlyMap<string, Said>;
  onCreate: () => void;
  onEdit: (policy: TablePolicy) => void;
  onDrop: (policy: TablePolicy) => void;
}

/** One table: whether its policies are asked at all, and each of them in words and in SQL. */
export function TableCard({ table, mayChange, isOwn, said, onCreate, onEdit, onDrop }: TableCardProps) {
  const ask = useAskChange();
  const { schema, table: name, rowSecurity, policies } = table;
  const title = `${schema}.${name}`;
  return (
    <Card aria-label={title}>
      <header className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
        <h2 className="min-w-0 break-all font-mono text-sm">{title}</h2>
        <Badge tone={rowSecurity ? "ok" : "warn"}>row security {rowSecurity ? "on" : "off"}</Badge>
        {isMessages(table) ? <Badge tone="outline">private channels</Badge> : null}
        <span className="ml-auto flex items-center gap-2">
          <Button
            size="sm"
            variant="ghost"
            disabled={!mayChange}
            aria-label={`${rowSecurity ? "Disable" : "Enable"} row security on ${title}`}
            onClick={() => ask({ kind: "row-security", schema, table: name, enabled: !rowSecurity })}
          >
            {rowSecurity ? "Disable" : "Enable"} row security
          </Button>
          <Button size="sm" disabled={!mayChange} aria-label={`New policy on ${title}`} onClick={onCreate}>
            <Plus className="size-3.5" aria-hidden /> New policy
          </Button>
        </span>
      </header>
      <Standing table={table} />
      {isOwn ? null : (
        <p className="px-4 pb-3 text-faint text-xs">
          It belongs to another role than the project's: only its owner can change its policies.
        </p>
      )}
      {policies.length > 0 ? (
        <ul aria-label={`Policies of ${title}`} className="divide-y border-t">
          {policies.map((policy) => (
            <PolicyItem
              key={policy.name}
              table={table}
              policy={policy}
              mayChange={mayChange}
              said={said.get(policy.name)}
              onEdit={() => onEdit(policy)}
              onDrop={() => onDrop(policy)}
            />
          ))}
        </ul>
      ) : null}
    </Card>
  );
}

/** What holds besides the policies, where it is not what one would expect. */
function Standing({ table }: { table: PolicyTable }) {
  const sentence = standingOf(table);
  if (sentence === null) return null;
  return (
    <p className="flex items-baseline gap-2 px-4 pb-3 text-muted text-sm">
      <StatusMark status={table.rowSecurity ? "idle" : "warn"} label="" className="translate-y-0.5" />
      {sentence}
    </p>
  );
}

function standingOf(table: PolicyTable): string | null {
  const { rowSecurity, policies } = table;
  const onMessages = isMessages(table);
  if (!rowSecurity) {
    const who = onMessages
      ? "Every token may join every private channel"
      : "Everybody who listens to this table is sent every row";
    return policies.length === 0 ? `${who}.` : `${who}: the policies below are not asked.`;
  }
  const reading = policies.filter(
    ({ command, permissive }) => permissive && (command === "select" || command === "all"),
  );
  if (reading.length > 0) return null;
  const nobody = onMessages ? "Nobody may join a private channel" : "Nobody is sent a row of this table";
  return `${nobody}, except ${describeRoles(["service_role"]).toLowerCase()}: no policy lets anybody read.`;
}
