export interface KeyView {
  id: string;
  kind: "publishable" | "secret";
  name: string;
  /** The recognisable beginning; the whole key only for publishable ones. */
  prefix: string;
  key: string | null;
  createdAtMs: number;
  lastUsedAtMs: number | null;
  revokedAtMs: number | null;
  /** Set on a key that was rotated: until then its successor and it both work. */
  expiresAtMs: number | null;
}

export interface KeyList {
  keys: KeyView[];
  /** Legacy JWT of role anon, public by design. */
  anonKey: string | null;
}

/** The only time a secret key is seen. */
export interface CreatedKey {
  id: string;
  kind: "publishable" | "secret";
  key: string;
}

export interface RevealedSecrets {
  serviceRoleKey: string;
  jwtSecret: string;
  /** Of the role that owns the project's objects: how tables and policies get into a managed database. */
  databaseUrl: string;
}
