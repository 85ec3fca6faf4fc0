"use client";
import type { PolicyTable } from "@tidewire/db/policy-tables";
import { EXTENSIONS, type Extension, type Template, type TemplateValues } from "#lib/policies/templates.ts";
import { Chip } from "#ui/chip.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { Segmented } from "#ui/segmented.tsx";
import { Select } from "#ui/select.tsx";

interface TemplateFieldsProps {
  template: Template;
  table: PolicyTable;
  values: TemplateValues;
  onChange: (values: TemplateValues) => void;
}

const ACTIONS = [
  { value: "read", label: "join and read" },
  { value: "write", label: "write" },
] as const;

interface TextSpec {
  field: "prefix" | "claim" | "members" | "membersTopic" | "membersUser";
  label: string;
  hint?: string;
}

const TEXTS: readonly TextSpec[] = [
  { field: "prefix", label: "Topics begin with" },
  { field: "claim", label: "Claim", hint: "Its name in the token" },
  { field: "members", label: "Table of members", hint: "Users need the right to read it" },
  { field: "membersTopic", label: "Its column with the topic" },
  { field: "membersUser", label: "Its column with the user's id" },
];

/** What the chosen template leaves open. */
export function TemplateFields({ template, table, values, onChange }: TemplateFieldsProps) {
  const { uses } = template;
  const set = (change: Partial<TemplateValues>) => onChange({ ...values, ...change });
  if (uses.length === 0) return null;
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {uses.includes("action") ? (
        <div className="flex flex-col items-start gap-1.5">
          <span className="font-medium text-sm">They may</span>
          <Segmented
            label="They may"
            value={values.action}
            onValueChange={(action) => set({ action })}
            options={ACTIONS}
            className="h-8"
          />
        </div>
      ) : null}
      {uses.includes("extensions") ? (
        <fieldset className="flex flex-col gap-1.5">
          <legend className="pb-1.5 font-medium text-sm">Of</legend>
          <span className="flex h-8 items-center gap-1.5">
            {EXTENSIONS.map((extension) => (
              <Chip
                key={extension}
                pressed={values.extensions.includes(extension)}
                onClick={() => set({ extensions: toggled(values.extensions, extension) })}
              >
                {extension}
              </Chip>
            ))}
          </span>
        </fieldset>
      ) : null}
      {uses.includes("column") ? (
        <Field
          label="Column"
          hint={template.id === "own-rows" ? "Holds the id of the row's owner" : undefined}
        >
          <Select
            value={values.column?.name}
            onValueChange={(name) => set({ column: table.columns.find((one) => one.name === name) ?? null })}
            options={table.columns.map(({ name, type }) => ({ value: name, label: name, hint: type }))}
          />
        </Field>
      ) : null}
      {TEXTS.filter(({ field }) => uses.includes(field)).map(({ field, label, hint }) => (
        <Field key={field} label={label} {...(hint ? { hint } : {})}>
          <Input
            value={values[field]}
            onChange={({ target }) => set({ [field]: target.value })}
            spellCheck={false}
            autoComplete="off"
            className="font-mono text-xs"
          />
        </Field>
      ))}
    </div>
  );
}

function toggled(chosen: readonly Extension[], one: Extension): Extension[] {
  return EXTENSIONS.filter((extension) => chosen.includes(extension) !== (extension === one));
}
