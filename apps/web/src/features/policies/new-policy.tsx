"use client";
import type { PolicyTable } from "@tidewire/db/policy-tables";
import { useState } from "react";
import { isMessages } from "#lib/policies/describe-policy.ts";
import {
  FIRST_VALUES,
  freeName,
  MESSAGE_TEMPLATES,
  TABLE_TEMPLATES,
  type Template,
  type TemplateValues,
} from "#lib/policies/templates.ts";
import { cn } from "#ui/class-names.ts";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { WithCode } from "#ui/with-code.tsx";
import { ChangePanel } from "./change-panel.tsx";
import { NEW_DRAFT, parseDraft, toDraft } from "./draft.ts";
import { PolicyForm } from "./policy-form.tsx";
import { TemplateFields } from "./template-fields.tsx";

const OWN = "own";

interface NewPolicyProps {
  projectRef: string;
  table: PolicyTable;
  onClose: () => void;
}

/** From one of the usual sentences, or written by hand; the SQL is shown either way. */
export function NewPolicy({ projectRef, table, onClose }: NewPolicyProps) {
  const templates = isMessages(table) ? MESSAGE_TEMPLATES : TABLE_TEMPLATES;
  const [id, setId] = useState(templates[0]?.id ?? OWN);
  const [values, setValues] = useState<TemplateValues>(() => ({
    ...FIRST_VALUES,
    column: likelyOwner(table),
  }));
  const [ownName, setOwnName] = useState<string | null>(null);
  const [draft, setDraft] = useState(NEW_DRAFT);
  const template = templates.find((one) => one.id === id);
  const taken = table.policies.map(({ name }) => name);
  const name = ownName ?? (template ? freeName(template.name(values), taken) : "");
  const parsed = parseDraft(template ? toDraft({ ...template.build(values), name }) : draft);
  const isFilled = template === undefined || filled(template, values);
  const choose = (next: string) => {
    // Whoever leaves a template for writing takes along what it came to.
    if (next === OWN && template && "shape" in parsed) setDraft(toDraft(parsed.shape));
    setId(next);
  };
  return (
    <ChangePanel
      projectRef={projectRef}
      title="New policy"
      description={`On ${table.schema}.${table.table}`}
      action="Create policy"
      change={
        "shape" in parsed && isFilled
          ? { kind: "create-policy", schema: table.schema, table: table.table, ...parsed.shape }
          : null
      }
      why="Something is still missing above."
      onClose={onClose}
    >
      <fieldset className="flex flex-col gap-1.5">
        <legend className="pb-1.5 font-medium text-sm">What should hold?</legend>
        {templates.map((one) => (
          <Choice key={one.id} id={one.id} title={one.title} hint={one.hint} chosen={id} onChoose={choose} />
        ))}
        <Choice
          id={OWN}
          title="Something else"
          hint="Every part by hand; starts from the choice above."
          chosen={id}
          onChoose={choose}
        />
      </fieldset>
      {template ? (
        <>
          <TemplateFields template={template} table={table} values={values} onChange={setValues} />
          <Field label="Name" error={"faults" in parsed && ownName !== null ? parsed.faults.name : undefined}>
            <Input value={name} onChange={({ target }) => setOwnName(target.value)} autoComplete="off" />
          </Field>
        </>
      ) : (
        <PolicyForm draft={draft} parsed={parsed} onChange={setDraft} />
      )}
    </ChangePanel>
  );
}

interface ChoiceProps {
  id: string;
  title: string;
  hint: string;
  chosen: string;
  onChoose: (id: string) => void;
}

function Choice({ id, title, hint, chosen, onChoose }: ChoiceProps) {
  return (
    <label
      className={cn(
        "flex cursor-pointer items-baseline gap-2.5 rounded-md border px-3 py-2 transition-colors has-focus-visible:outline-2 has-focus-visible:outline-accent",
        id === chosen ? "border-accent/60 bg-accent-soft" : "hover:bg-raised/60",
      )}
    >
      <input
        type="radio"
        name="template"
        value={id}
        checked={id === chosen}
        onChange={() => onChoose(id)}
        className="translate-y-0.5 accent-accent outline-none"
      />
      <span className="min-w-0">
        <span className="block text-sm">{title}</span>
        <span className="block text-faint text-xs">
          <WithCode text={hint} />
        </span>
      </span>
    </label>
  );
}

/** The column that most probably names the owner of a row: saves a choice, and is shown to be corrected. */
function likelyOwner({ columns }: PolicyTable) {
  const likely = ["user_id", "owner_id", "owner", "author_id", "created_by", "profile_id"];
  const named = likely.map((name) => columns.find((column) => column.name === name)).find(Boolean);
  return named ?? columns.find(({ type }) => type === "uuid") ?? columns[0] ?? null;
}

function filled({ uses }: Template, values: TemplateValues): boolean {
  return uses.every((field) => {
    const value = values[field];
    if (field === "prefix") return true;
    return Array.isArray(value) ? value.length > 0 : value !== null && value !== "";
  });
}
