"use client";
import type { PolicyTable, TablePolicy } from "@tidewire/db/policy-tables";
import { useState } from "react";
import { toStatements } from "#lib/database-change.ts";
import type { PolicyChange } from "#lib/schemas/database.ts";
import { ChangePanel } from "./change-panel.tsx";
import { parseDraft, toDraft } from "./draft.ts";
import { PolicyForm } from "./policy-form.tsx";

interface EditPolicyProps {
  projectRef: string;
  table: PolicyTable;
  policy: TablePolicy;
  onClose: () => void;
}

export function EditPolicy({ projectRef, table, policy, onClose }: EditPolicyProps) {
  const [draft, setDraft] = useState(() => toDraft(policy));
  const parsed = parseDraft(draft);
  const change: PolicyChange | null =
    "shape" in parsed
      ? { kind: "edit-policy", schema: table.schema, table: table.table, before: policy, after: parsed.shape }
      : null;
  const isChanged = change !== null && toStatements(change).length > 0;
  return (
    <ChangePanel
      projectRef={projectRef}
      title={`Edit ${policy.name}`}
      description={`On ${table.schema}.${table.table}`}
      action="Save policy"
      change={isChanged ? change : null}
      why={change === null ? "Something is still missing above." : "Nothing has been changed yet."}
      onClose={onClose}
    >
      <PolicyForm draft={draft} parsed={parsed} onChange={setDraft} />
    </ChangePanel>
  );
}
