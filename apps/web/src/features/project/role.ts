import type { MemberRole } from "#server/views/me.ts";

/** Who may change keys, limits and settings; the server decides, this only spares a press in vain. */
export function mayAdminister(role: MemberRole | undefined): boolean {
  return role === "owner" || role === "admin";
}

/** Who may change what is streamed and to whom, in the project's own database. */
export function mayDevelop(role: MemberRole | undefined): boolean {
  return mayAdminister(role) || role === "developer";
}
