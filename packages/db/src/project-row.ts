import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { z } from "zod";
import type { ProjectRecord } from "./node-records.ts";
import { open, type SecretsKey } from "./secrets.ts";

/** Where each secret of a project lives; part of its seal, so that a ciphertext cannot be moved to another column or project. */
export const secretPlace = {
  databaseUrl: (ref: string) => `project.database_url:${ref}`,
  jwtSecret: (ref: string) => `project.jwt_secret:${ref}`,
  jwks: (ref: string) => `project.jwks:${ref}`,
  apiKey: (ref: string) => `api_key.sealed_value:${ref}`,
} as const;

export const Jwks = z.object({ keys: z.array(z.unknown()) });
export type Jwks = z.infer<typeof Jwks>;

const ProjectRow = z.object({
  ref: z.string(),
  external_id: z.string().nullable(),
  name: z.string(),
  region: z.string(),
  database_url: z.string(),
  jwt_secret: z.string(),
  jwks: z.string().nullable(),
  limits: ProjectLimits,
  settings: ProjectSettings,
  version: z.int(),
  keys: z.array(
    z.object({
      kind: z.enum(["publishable", "secret"]),
      hash: z.string(),
      expiresAtMs: z
        .number()
        .nullish()
        .transform((ms) => ms ?? undefined),
    }),
  ),
});

/** @throws SecretUnreadable when the row was sealed with another key */
export function toProjectRecord(row: unknown, key: SecretsKey): ProjectRecord {
  const { database_url, jwt_secret, jwks, external_id, ...rest } = ProjectRow.parse(row);
  return {
    ...rest,
    ...(external_id !== null && { externalId: external_id }),
    databaseUrl: open(key, database_url, secretPlace.databaseUrl(rest.ref)),
    jwtSecret: open(key, jwt_secret, secretPlace.jwtSecret(rest.ref)),
    jwks: jwks === null ? null : Jwks.parse(JSON.parse(open(key, jwks, secretPlace.jwks(rest.ref)))),
  };
}
