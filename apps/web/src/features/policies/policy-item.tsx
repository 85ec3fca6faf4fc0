"use client";
import type { PolicyTable, TablePolicy } from "@tidewire/db/policy-tables";
import { Pencil, Trash2 } from "lucide-react";
import { toStatements } from "#lib/database-change.ts";
import { describePolicy } from "#lib/policies/describe-policy.ts";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { WithCode } from "#ui/with-code.tsx";
import type { Said } from "./said.ts";

const SAID: Record<Said, string> = { yes: "says yes", no: "says no", error: "raises an error" };

interface PolicyItemProps {
  table: PolicyTable;
  policy: TablePolicy;
  mayChange: boolean;
  /** What it has said in the simulation on this page, if that was decisive. */
  said: Said | undefined;
  onEdit: () => void;
  onDrop: () => void;
}

/** A policy's words beside its SQL: whoever trusts neither alone can hold them against each other. */
export function PolicyItem({ table, policy, mayChange, said, onEdit, onDrop }: PolicyItemProps) {
  const place = { schema: table.schema, table: table.table };
  const [sql = ""] = toStatements({ kind: "create-policy", ...place, ...policy });
  return (
    <li
      aria-label={policy.name}
      className="grid gap-x-4 gap-y-2 px-4 py-3 lg:grid-cols-[minmax(0,5fr)_minmax(0,6fr)]"
    >
      <div className="flex min-w-0 flex-col gap-1">
        <p className="flex flex-wrap items-center gap-1.5">
          <span className="break-all font-medium text-sm">{policy.name}</span>
          <Badge tone="outline">{policy.command}</Badge>
          {policy.permissive ? null : <Badge tone="warn">restrictive</Badge>}
          {said ? <Badge tone={said === "yes" ? "ok" : "bad"}>{SAID[said]}</Badge> : null}
        </p>
        <p className="text-muted text-sm">
          <WithCode text={describePolicy(policy, place)} />
        </p>
        <p className="-ml-2 flex gap-1 pt-1">
          <Button
            size="sm"
            variant="ghost"
            disabled={!mayChange}
            aria-label={`Edit ${policy.name}`}
            onClick={onEdit}
          >
            <Pencil className="size-3" aria-hidden /> Edit
          </Button>
          <Button
            size="sm"
            variant="ghost"
            disabled={!mayChange}
            aria-label={`Drop ${policy.name}`}
            onClick={onDrop}
          >
            <Trash2 className="size-3" aria-hidden /> Drop
          </Button>
        </p>
      </div>
      <CodeBlock text={`${sql};`} language="sql" label={`SQL of ${policy.name}`} wrap className="min-w-0" />
    </li>
  );
}
