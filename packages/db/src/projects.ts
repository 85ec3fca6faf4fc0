import { randomBytes } from "node:crypto";
import { isProjectRef, type ProjectRef } from "@tidewire/protocol/ids";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { randomText } from "./api-key-format.ts";
import type { Db } from "./client.ts";
import type { ControlPlane } from "./control-plane.ts";
import { DbError, translateErrors } from "./errors.ts";
import type { Project as ProjectModel } from "./generated/prisma/client.ts";
import { Jwks, secretPlace } from "./project-row.ts";
import { type ProvisioningStep, ProvisioningSteps } from "./provisioning.ts";
import { open, seal } from "./secrets.ts";

const REF_LENGTH = 20;
const REF_ALPHABET = "abcdefghijklmnopqrstuvwxyz";
/** Supabase's are 32 bytes too; HS256 wants at least that (RFC 7518, 3.2). */
const JWT_SECRET_BYTES = 32;

export type ProjectStatus = ProjectModel["status"];

/** A project without its secrets: what may be shown. */
export interface Project {
  ref: ProjectRef;
  /** What the tenant API calls it: the name it was made with there, else the ref. */
  externalId: string;
  organisationId: string;
  name: string;
  regionId: string;
  managed: boolean;
  hasDatabase: boolean;
  limits: ProjectLimits;
  settings: ProjectSettings;
  status: ProjectStatus;
  provisioning: ProvisioningStep[];
  version: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface ProjectSecrets {
  /** Null until the database of a managed project exists. */
  databaseUrl: string | null;
  jwtSecret: string;
  jwks: Jwks | null;
}

export interface NewProject {
  name: string;
  organisationId: string;
  regionId: string;
  managed: boolean;
  /** Generated when absent. */
  ref?: string;
  /** A second name, which is no ref, under which nodes and the tenant API find it. */
  externalId?: string;
  /** Null for a managed database that is still to be made. */
  databaseUrl?: string | null;
  jwtSecret?: string;
  limits?: Partial<ProjectLimits>;
  settings?: Partial<ProjectSettings>;
  provisioning?: ProvisioningStep[];
}

function generateProjectRef(): ProjectRef {
  return randomText(REF_LENGTH, REF_ALPHABET) as ProjectRef;
}

/** In state `provisioning`, without keys. @throws DbError `conflict` when the ref is taken; RangeError when it is none */
export async function createProject({ db, secretsKey }: ControlPlane, project: NewProject): Promise<Project> {
  const {
    ref = generateProjectRef(),
    databaseUrl,
    limits,
    settings,
    jwtSecret,
    provisioning,
    ...rest
  } = project;
  if (!isProjectRef(ref)) throw new RangeError(`not a project reference: ${JSON.stringify(ref)}`);
  const secret = jwtSecret ?? randomBytes(JWT_SECRET_BYTES).toString("base64url");
  const created = db.project.create({
    data: {
      ...rest,
      ref,
      databaseUrl: databaseUrl ? seal(secretsKey, databaseUrl, secretPlace.databaseUrl(ref)) : null,
      jwtSecret: seal(secretsKey, secret, secretPlace.jwtSecret(ref)),
      limits: ProjectLimits.parse(limits ?? {}),
      settings: ProjectSettings.parse(settings ?? {}),
      provisioning: provisioning ?? [],
    },
  });
  return toProject(await translateErrors(created));
}

/** Newest first. */
export async function listProjects(db: Db, organisationIds?: readonly string[]): Promise<Project[]> {
  const where = organisationIds && { organisationId: { in: [...organisationIds] } };
  const rows = await translateErrors(db.project.findMany({ where, orderBy: { createdAt: "desc" } }));
  return rows.map(toProject);
}

export async function findProject(db: Db, ref: string): Promise<Project | undefined> {
  const row = await translateErrors(db.project.findUnique({ where: { ref } }));
  return row ? toProject(row) : undefined;
}

/** By its external id or its ref. */
export async function findProjectByExternalId(db: Db, externalId: string): Promise<Project | undefined> {
  const where = isProjectRef(externalId) ? { ref: externalId } : { externalId };
  const row = await translateErrors(db.project.findUnique({ where }));
  return row ? toProject(row) : undefined;
}

/** @throws DbError `not-found`; SecretUnreadable */
export async function readProjectSecrets(
  { db, secretsKey }: ControlPlane,
  ref: string,
): Promise<ProjectSecrets> {
  const row = await translateErrors(db.project.findUnique({ where: { ref } }));
  if (!row) throw new DbError("not-found", `there is no project ${ref}`);
  const { databaseUrl, jwtSecret, jwks } = row;
  return {
    databaseUrl: databaseUrl === null ? null : open(secretsKey, databaseUrl, secretPlace.databaseUrl(ref)),
    jwtSecret: open(secretsKey, jwtSecret, secretPlace.jwtSecret(ref)),
    jwks: jwks === null ? null : Jwks.parse(JSON.parse(open(secretsKey, jwks, secretPlace.jwks(ref)))),
  };
}

export type SecretsChange = Partial<{ databaseUrl: string; jwtSecret: string; jwks: Jwks | null }>;

/** Replaces the secrets that are named. @throws DbError `not-found` */
export async function writeProjectSecrets(
  { db, secretsKey }: ControlPlane,
  ref: string,
  { databaseUrl, jwtSecret, jwks }: SecretsChange,
): Promise<Project> {
  const sealed = <P extends keyof typeof secretPlace>(place: P, text: string | undefined) =>
    text === undefined ? undefined : seal(secretsKey, text, secretPlace[place](ref));
  return update(db, ref, {
    databaseUrl: sealed("databaseUrl", databaseUrl),
    jwtSecret: sealed("jwtSecret", jwtSecret),
    jwks: jwks === null ? null : sealed("jwks", jwks && JSON.stringify(Jwks.parse(jwks))),
  });
}

export function setProjectStatus(db: Db, ref: string, status: ProjectStatus): Promise<Project> {
  return update(db, ref, { status });
}

export function renameProject(db: Db, ref: string, name: string): Promise<Project> {
  return update(db, ref, { name });
}

export function setProvisioning(db: Db, ref: string, steps: readonly ProvisioningStep[]): Promise<Project> {
  return update(db, ref, { provisioning: ProvisioningSteps.parse(steps) });
}

/** Changes the limits that are named; nodes obey within a moment, nobody is disconnected. */
export async function updateLimits(db: Db, ref: string, change: Partial<ProjectLimits>): Promise<Project> {
  const current = await requireProject(db, ref);
  return update(db, ref, { limits: ProjectLimits.parse({ ...current.limits, ...change }) });
}

/** Changes the settings that are named. */
export async function updateSettings(
  db: Db,
  ref: string,
  change: Partial<ProjectSettings>,
): Promise<Project> {
  const current = await requireProject(db, ref);
  return update(db, ref, { settings: ProjectSettings.parse({ ...current.settings, ...change }) });
}

/** With its keys. Its samples and audit events stay until their time. The database itself: `dropManagedDatabase`. */
export async function deleteProject(db: Db, ref: string): Promise<void> {
  await translateErrors(db.project.delete({ where: { ref } }));
}

type ProjectChange = Parameters<Db["project"]["update"]>[0]["data"];

async function update(db: Db, ref: string, data: ProjectChange): Promise<Project> {
  return toProject(await translateErrors(db.project.update({ where: { ref }, data })));
}

async function requireProject(db: Db, ref: string): Promise<Project> {
  const project = await findProject(db, ref);
  if (!project) throw new DbError("not-found", `there is no project ${ref}`);
  return project;
}

function toProject(row: ProjectModel): Project {
  const { ref, organisationId, name, regionId, managed, status, createdAt, updatedAt } = row;
  return {
    ref: ref as ProjectRef,
    externalId: row.externalId ?? ref,
    organisationId,
    name,
    regionId,
    managed,
    hasDatabase: row.databaseUrl !== null,
    limits: ProjectLimits.parse(row.limits),
    settings: ProjectSettings.parse(row.settings),
    status,
    provisioning: ProvisioningSteps.parse(row.provisioning),
    version: row.version,
    createdAt,
    updatedAt,
  };
}
