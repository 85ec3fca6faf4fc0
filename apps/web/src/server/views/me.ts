export type MemberRole = "owner" | "admin" | "developer" | "viewer";

export interface Me {
  user: { id: string; email: string; name: string };
  organisation: { id: string; name: string; role: MemberRole };
}
