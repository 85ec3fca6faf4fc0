import { createApiKey } from "@tidewire/db/api-keys";
import { recordAudit } from "@tidewire/db/audit";
import { createDb, type Db } from "@tidewire/db/client";
import type { ControlPlane } from "@tidewire/db/control-plane";
import { createOrganisation, membershipsOf } from "@tidewire/db/organisations";
import { createProject, findProject, type Project } from "@tidewire/db/projects";
import { ensureRegion, listRegions, setDesiredNodes } from "@tidewire/db/regions";
import { parseSecretsKey } from "@tidewire/db/secrets";
import { createAuth } from "../../auth.ts";
import { runSteps } from "../provisioning/run-steps.ts";
import { toInitialSteps } from "../provisioning/steps.ts";
import { type Admin, ensureAdmin } from "./ensure-admin.ts";
import { DEFAULT_SEED, readSeed, type SeedProject, SeedUnusable } from "./seed.ts";

const ORGANISATION = "Tidewire";
const ACTOR = "bootstrap";
const DONE = "bootstrap.complete";

export interface BootstrapRegion {
  id: string;
  name: string;
  nodes: number;
}

export interface BootstrapOptions {
  /** Owner's URL of a migrated control database. */
  databaseUrl: string;
  /** Server on which managed databases are made. */
  managedUrl: string;
  /** 32 bytes, base64. */
  secretsKey: string;
  authSecret: string;
  admin: Admin;
  /** The first is where seeded projects live unless they say otherwise. A region that exists keeps its node count. */
  regions: readonly [BootstrapRegion, ...BootstrapRegion[]];
  /** The regions named get exactly their nodes again, and all others none: for a stack that cannot run more. */
  onlyTheseRegions?: boolean;
  seedFile?: string;
  say?: (line: string) => void;
}

export interface BootstrapResult {
  /** False when an earlier start has done all of it. */
  isFresh: boolean;
  /** By project ref, of the projects seeded now: the only time they can be read. */
  secretKeys: Record<string, string>;
}

/** A seeded project could not be made; `message` names the step and the reason. */
export class BootstrapFailed extends Error {
  override readonly name = "BootstrapFailed";
}

/**
 * Everything a fresh control database needs before the dashboard is of use: the first owner and organisation, regions,
 * seeded projects with their databases and keys. May be repeated: an interrupted one is finished, a complete one only
 * sets the regions.
 *
 * @throws SeedUnusable, BootstrapFailed
 */
export async function bootstrap(options: BootstrapOptions): Promise<BootstrapResult> {
  const db = createDb({ url: options.databaseUrl, connectionsMax: 3 });
  try {
    await ensureRegions(db, options);
    if (await isDone(db)) {
      if (options.seedFile !== undefined)
        options.say?.("TIDEWIRE_SEED is ignored: this home has its projects already.");
      return { isFresh: false, secretKeys: {} };
    }
    const seeds = options.seedFile === undefined ? DEFAULT_SEED : await readSeed(options.seedFile);
    const organisationId = await ensureOwner(db, options);
    const plane = { db, secretsKey: parseSecretsKey(options.secretsKey) };
    const secretKeys: Record<string, string> = {};
    for (const seed of seeds) {
      const { ref } = await seedProject(plane, seed, { ...options, organisationId });
      secretKeys[ref] = (await createApiKey(plane, ref, "secret", { name: "default" })).value;
    }
    await recordAudit(db, { organisationId, actor: ACTOR, action: DONE, target: ORGANISATION });
    return { isFresh: true, secretKeys };
  } finally {
    await db.$disconnect();
  }
}

async function isDone(db: Db): Promise<boolean> {
  return (await db.auditEvent.findFirst({ where: { action: DONE }, select: { id: true } })) !== null;
}

async function ensureRegions(db: Db, { regions, onlyTheseRegions = false }: BootstrapOptions): Promise<void> {
  for (const { id, name, nodes } of regions) {
    await ensureRegion(db, { id, name, desiredNodes: nodes });
    if (onlyTheseRegions) await setDesiredNodes(db, id, nodes);
  }
  if (!onlyTheseRegions) return;
  for (const { id } of await listRegions(db)) {
    if (!regions.some((region) => region.id === id)) await setDesiredNodes(db, id, 0);
  }
}

/** @returns the organisation's id */
async function ensureOwner(db: Db, { admin, authSecret }: BootstrapOptions): Promise<string> {
  const auth = createAuth(db, {
    authSecret,
    authUrl: "http://localhost",
    trustedOrigins: [],
    signInLimit: null,
  });
  const ownerId = await ensureAdmin(db, auth, admin);
  const [membership] = await membershipsOf(db, ownerId);
  return membership?.organisationId ?? (await createOrganisation(db, { name: ORGANISATION, ownerId })).id;
}

interface SeedInto extends BootstrapOptions {
  organisationId: string;
}

async function seedProject(plane: ControlPlane, seed: SeedProject, into: SeedInto): Promise<Project> {
  const known = seed.ref === undefined ? undefined : await findProject(plane.db, seed.ref);
  const project = known ?? (await insertProject(plane, seed, into));
  if (project.status === "active") return project;
  const isReady = await runSteps(
    {
      plane,
      managedUrl: into.managedUrl,
      // Nodes come after the bootstrap, so none of the steps asks for one.
      findNodeUrl: () => Promise.resolve(null),
      nodePatienceMs: 0,
      nowMs: Date.now,
    },
    project,
  );
  if (isReady) return project;
  const failed = (await findProject(plane.db, project.ref))?.provisioning.find(
    ({ state }) => state === "failed",
  );
  throw new BootstrapFailed(
    `The project ${seed.name} cannot be made (${failed?.title ?? "unknown step"}): ${failed?.error ?? ""}`,
  );
}

async function insertProject(plane: ControlPlane, seed: SeedProject, into: SeedInto): Promise<Project> {
  const { name, ref, limits, settings, region = into.regions[0].id } = seed;
  if (!into.regions.some(({ id }) => id === region)) {
    throw new SeedUnusable(`The seeded project ${name} wants the region ${region}, which does not exist.`);
  }
  const project = await createProject(plane, {
    name,
    ref,
    limits,
    settings,
    organisationId: into.organisationId,
    regionId: region,
    managed: true,
    provisioning: toInitialSteps({ managed: true, withNode: false }),
  });
  await recordAudit(plane.db, {
    organisationId: into.organisationId,
    projectRef: project.ref,
    actor: ACTOR,
    action: "project.create",
    target: name,
    after: { name, region, database: "managed" },
  });
  return project;
}
