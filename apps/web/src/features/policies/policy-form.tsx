"use client";
import { POLICY_COMMANDS } from "#lib/schemas/database.ts";
import { Field } from "#ui/field.tsx";
import { Input, Textarea } from "#ui/input.tsx";
import { Select } from "#ui/select.tsx";
import { type PolicyDraft, type parseDraft, usesCheck, usesUsing } from "./draft.ts";

interface PolicyFormProps {
  draft: PolicyDraft;
  parsed: ReturnType<typeof parseDraft>;
  onChange: (draft: PolicyDraft) => void;
}

const COMMANDS = POLICY_COMMANDS.map((command) => ({ value: command, label: command }));
const MODES = [
  { value: "permissive", label: "Permissive", hint: "one yes is enough" },
  { value: "restrictive", label: "Restrictive", hint: "must say yes as well" },
];

/** Every part of a policy, as Postgres names them. */
export function PolicyForm({ draft, parsed, onChange }: PolicyFormProps) {
  const faults = "faults" in parsed ? parsed.faults : {};
  const set = (change: Partial<PolicyDraft>) => onChange({ ...draft, ...change });
  return (
    <div className="flex flex-col gap-4">
      <Field label="Name" error={draft.name === "" ? undefined : faults.name}>
        <Input value={draft.name} onChange={({ target }) => set({ name: target.value })} autoComplete="off" />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Command">
          <Select
            value={draft.command}
            onValueChange={(next) =>
              set({ command: POLICY_COMMANDS.find((command) => command === next) ?? draft.command })
            }
            options={COMMANDS}
          />
        </Field>
        <Field label="Mode">
          <Select
            value={draft.permissive ? "permissive" : "restrictive"}
            onValueChange={(next) => set({ permissive: next === "permissive" })}
            options={MODES}
          />
        </Field>
      </div>
      <Field
        label="Roles"
        hint="Comma separated: anon, authenticated. Empty means every role."
        error={faults.roles}
      >
        <Input
          value={draft.roles}
          onChange={({ target }) => set({ roles: target.value })}
          spellCheck={false}
          className="font-mono text-xs"
        />
      </Field>
      {usesUsing(draft) ? (
        <Field label="Using" hint="Which rows there are for them" error={faults.using}>
          <Textarea
            value={draft.using}
            onChange={({ target }) => set({ using: target.value })}
            spellCheck={false}
          />
        </Field>
      ) : null}
      {usesCheck(draft) ? (
        <Field
          label="With check"
          hint={usesUsing(draft) ? "Which rows they may write; empty: the same" : "Which rows they may write"}
          error={faults.check}
        >
          <Textarea
            value={draft.check}
            onChange={({ target }) => set({ check: target.value })}
            spellCheck={false}
          />
        </Field>
      ) : null}
    </div>
  );
}
