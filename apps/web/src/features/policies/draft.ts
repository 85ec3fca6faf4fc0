import { PolicyShape } from "#lib/schemas/database.ts";

/** A policy as it stands in a form: everything is text. */
export interface PolicyDraft extends Pick<PolicyShape, "name" | "command" | "permissive"> {
  /** Comma separated. */
  roles: string;
  using: string;
  check: string;
}

export const NEW_DRAFT: PolicyDraft = {
  name: "",
  command: "select",
  permissive: true,
  roles: "authenticated",
  using: "true",
  check: "true",
};

export function toDraft({ roles, using, check, ...rest }: PolicyShape): PolicyDraft {
  return { ...rest, roles: roles.join(", "), using: using ?? "", check: check ?? "" };
}

/** Rows that are there are judged by USING, rows to come by WITH CHECK. */
export function usesUsing({ command }: Pick<PolicyDraft, "command">): boolean {
  return command !== "insert";
}

export function usesCheck({ command }: Pick<PolicyDraft, "command">): boolean {
  return command !== "select" && command !== "delete";
}

type Fault = Partial<Record<keyof PolicyDraft, string>>;

/** What the draft comes to; without an expression that its command takes, a policy would grant nothing. */
export function parseDraft(draft: PolicyDraft): { shape: PolicyShape } | { faults: Fault } {
  const { name, command, permissive } = draft;
  const roles = draft.roles
    .split(",")
    .map((role) => role.trim())
    .filter((role) => role !== "");
  const using = usesUsing(draft) ? draft.using : null;
  const check = usesCheck(draft) ? draft.check : null;
  // Where a command takes both, WITH CHECK may be left out: then USING counts for it.
  const isCheckOpen = using !== null && check?.trim() === "";
  const parsed = PolicyShape.safeParse({
    name: name.trim(),
    command,
    permissive,
    roles,
    using,
    check: isCheckOpen ? null : check,
  });
  if (parsed.success) return { shape: parsed.data };
  const faults: Fault = {};
  for (const { path, message } of parsed.error.issues) {
    const field = path[0];
    if (typeof field === "string" && field in draft) faults[field as keyof PolicyDraft] ??= message;
  }
  return { faults };
}
