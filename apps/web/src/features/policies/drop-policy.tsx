"use client";
import type { PolicyTable, TablePolicy } from "@tidewire/db/policy-tables";
import { consequenceOf } from "#features/database/consequence.ts";
import { describeChange } from "#lib/database-change.ts";
import { describePolicy } from "#lib/policies/describe-policy.ts";
import type { PolicyChange } from "#lib/schemas/database.ts";
import { WithCode } from "#ui/with-code.tsx";
import { ChangePanel } from "./change-panel.tsx";

interface DropPolicyProps {
  projectRef: string;
  table: PolicyTable;
  policy: TablePolicy;
  onClose: () => void;
}

export function DropPolicy({ projectRef, table, policy, onClose }: DropPolicyProps) {
  const place = { schema: table.schema, table: table.table };
  const change: PolicyChange = { kind: "drop-policy", ...place, name: policy.name };
  return (
    <ChangePanel
      projectRef={projectRef}
      title={describeChange(change)}
      description={consequenceOf(change)}
      action="Drop policy"
      isDanger
      change={change}
      why=""
      onClose={onClose}
    >
      <p className="text-sm">
        <WithCode text={describePolicy(policy, place)} />
      </p>
    </ChangePanel>
  );
}
