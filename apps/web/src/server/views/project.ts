import type { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import type { MemberRole } from "./me.ts";
import type { Point, Surveyed } from "./survey.ts";

export type ProjectState = "provisioning" | "failed" | "ready" | "deleting";

/** One card of the project list. Null means: not known now, because nobody answered. */
export interface ProjectCard {
  ref: string;
  name: string;
  region: string;
  state: ProjectState;
  createdAtMs: number;
  connections: number | null;
  /** Messages in per second over the last 30 minutes. */
  messages: Point[];
  messagesPerSecond: number | null;
  lagMs: number | null;
  problems: string[];
}

export interface ProjectList extends Surveyed {
  projects: ProjectCard[];
}

export interface ProjectDetail {
  ref: string;
  name: string;
  region: string;
  state: ProjectState;
  createdAtMs: number;
  /** The signed-in user's role. */
  role: MemberRole;
  /** What `createClient` takes. */
  url: string;
  websocketUrl: string;
  /** Whole key: publishable keys are public by design. Null while it is not made yet or after all were revoked. */
  publishableKey: string | null;
  anonKey: string | null;
  database: { kind: "managed" | "own"; host: string; name: string };
  limits: ProjectLimits;
  settings: ProjectSettings;
}

export const STEP_IDS = [
  "check-database",
  "create-database",
  "migrate-tenant",
  "publications",
  "keys",
  "reach-node",
] as const;
export type StepId = (typeof STEP_IDS)[number];

export interface ProvisioningStep {
  /** One of {@link STEP_IDS}, or of a version to come. */
  id: string;
  title: string;
  state: "waiting" | "running" | "done" | "failed";
  startedAtMs: number | null;
  ms: number | null;
  /** What is going on inside the step, e.g. the migration being applied. */
  note: string | null;
  error: { message: string; remedy: string | null } | null;
}

export interface Provisioning {
  ref: string;
  name: string;
  state: ProjectState;
  steps: ProvisioningStep[];
}

export interface DatabaseCheck {
  id: string;
  title: string;
  state: "ok" | "warning" | "failed" | "skipped";
  message: string;
  /** SQL (or a setting) that fixes it. */
  remedy: string | null;
}

export interface DatabaseReport {
  ok: boolean;
  version: string | null;
  /** How long connecting and looking took. */
  roundTripMs: number | null;
  checks: DatabaseCheck[];
}
