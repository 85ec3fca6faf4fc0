import { SignJWT } from "jose";
import { generateApiKey, hashApiKey, type OpaqueKeyKind, prefixOf } from "./api-key-format.ts";
import type { Db } from "./client.ts";
import type { ControlPlane } from "./control-plane.ts";
import { DbError, translateErrors } from "./errors.ts";
import type { ApiKey as ApiKeyModel } from "./generated/prisma/client.ts";
import { secretPlace } from "./project-row.ts";
import { open, type SecretsKey, seal } from "./secrets.ts";

/** Supabase's legacy keys live ten years too. */
const LEGACY_YEARS = 10;
const YEAR_S = 365 * 24 * 3_600;

export type KeyKind = ApiKeyModel["kind"];
export type LegacyKind = Exclude<KeyKind, OpaqueKeyKind>;

export interface ApiKey {
  id: string;
  projectRef: string;
  kind: KeyKind;
  name: string;
  prefix: string;
  /** The whole key; null for secret keys, which are shown once. */
  value: string | null;
  createdAt: Date;
  lastUsedAt: Date | null;
  revokedAt: Date | null;
  expiresAt: Date | null;
}

/** As it is handed over at creation, the only time a secret key can be read. */
export type NewApiKey = ApiKey & { value: string };

export interface KeyOptions {
  name?: string;
  expiresAt?: Date;
}

/** A publishable or secret key. @throws DbError `in-use-or-missing` when there is no such project */
export function createApiKey(
  plane: ControlPlane,
  ref: string,
  kind: OpaqueKeyKind,
  options: KeyOptions = {},
): Promise<NewApiKey> {
  return store(plane, ref, { kind, value: generateApiKey(kind), ...options });
}

/** A legacy key: an HS256 JWT with `role`, `ref` and an expiry ten years ahead. */
export async function createLegacyKey(
  plane: ControlPlane,
  ref: string,
  kind: LegacyKind,
  jwtSecret: string,
): Promise<NewApiKey> {
  const nowS = Math.floor(Date.now() / 1_000);
  const expiresAtS = nowS + LEGACY_YEARS * YEAR_S;
  const value = await signLegacyKey({ ref, role: kind, jwtSecret, issuedAtS: nowS, expiresAtS });
  return store(plane, ref, { kind, value, expiresAt: new Date(expiresAtS * 1_000) });
}

export interface ProjectKeys {
  publishable: NewApiKey;
  secret: NewApiKey;
  anon: NewApiKey;
  serviceRole: NewApiKey;
}

/** One key of each kind, as a new project gets them. The secret's value must be kept by the caller or is lost. */
export async function createProjectKeys(
  plane: ControlPlane,
  ref: string,
  jwtSecret: string,
): Promise<ProjectKeys> {
  return {
    publishable: await createApiKey(plane, ref, "publishable", { name: "default" }),
    secret: await createApiKey(plane, ref, "secret", { name: "default" }),
    anon: await createLegacyKey(plane, ref, "anon", jwtSecret),
    serviceRole: await createLegacyKey(plane, ref, "service_role", jwtSecret),
  };
}

/** Newest first, revoked and expired ones included. @throws SecretUnreadable */
export async function listApiKeys({ db, secretsKey }: ControlPlane, ref: string): Promise<ApiKey[]> {
  const rows = await translateErrors(
    db.apiKey.findMany({ where: { projectRef: ref }, orderBy: [{ createdAt: "desc" }, { id: "asc" }] }),
  );
  return rows.map((row) => toApiKey(row, secretsKey));
}

/** At once, on every node. Revoking twice keeps the first time. @throws DbError `not-found` */
export async function revokeApiKey(db: Db, ref: string, id: string): Promise<void> {
  const { count } = await translateErrors(
    db.apiKey.updateMany({
      where: { id, projectRef: ref, revokedAt: null },
      data: { revokedAt: new Date() },
    }),
  );
  if (count === 0) await requireKey(db, ref, id);
}

/**
 * A successor of the same kind and name; the old key goes on for `overlapMs` so that clients can be changed over.
 *
 * @throws DbError `not-found`; RangeError for a legacy key, which changes only with the JWT secret
 */
export async function rotateApiKey(
  plane: ControlPlane,
  ref: string,
  id: string,
  { overlapMs }: { overlapMs: number },
): Promise<NewApiKey> {
  const old = await requireKey(plane.db, ref, id);
  if (old.kind !== "publishable" && old.kind !== "secret")
    throw new RangeError("legacy keys cannot be rotated");
  const successor = await createApiKey(plane, ref, old.kind, { name: old.name });
  const end = new Date(Date.now() + overlapMs);
  const expiresAt = old.expiresAt && old.expiresAt < end ? old.expiresAt : end;
  await translateErrors(plane.db.apiKey.update({ where: { id }, data: { expiresAt } }));
  return successor;
}

interface LegacyClaims {
  ref: string;
  role: LegacyKind;
  jwtSecret: string;
  issuedAtS: number;
  expiresAtS: number;
}

function signLegacyKey({ ref, role, jwtSecret, issuedAtS, expiresAtS }: LegacyClaims): Promise<string> {
  return new SignJWT({ iss: "tidewire", ref, role })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt(issuedAtS)
    .setExpirationTime(expiresAtS)
    .sign(new TextEncoder().encode(jwtSecret));
}

interface KeyToStore extends KeyOptions {
  kind: KeyKind;
  value: string;
}

async function store(
  plane: ControlPlane,
  ref: string,
  { kind, value, name, expiresAt }: KeyToStore,
): Promise<NewApiKey> {
  const created = plane.db.apiKey.create({
    data: {
      projectRef: ref,
      kind,
      name: name ?? "",
      prefix: prefixOf(value),
      hash: hashApiKey(value),
      sealedValue: kind === "secret" ? null : seal(plane.secretsKey, value, secretPlace.apiKey(ref)),
      expiresAt: expiresAt ?? null,
    },
  });
  return { ...toApiKey(await translateErrors(created), plane.secretsKey), value };
}

async function requireKey(db: Db, ref: string, id: string): Promise<ApiKeyModel> {
  const row = await translateErrors(db.apiKey.findFirst({ where: { id, projectRef: ref } }));
  if (!row) throw new DbError("not-found", "there is no such key");
  return row;
}

function toApiKey({ hash, sealedValue, ...row }: ApiKeyModel, secretsKey: SecretsKey): ApiKey {
  return {
    ...row,
    value: sealedValue === null ? null : open(secretsKey, sealedValue, secretPlace.apiKey(row.projectRef)),
  };
}
