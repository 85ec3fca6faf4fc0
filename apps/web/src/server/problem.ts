/**
 * Everything the dashboard refuses or cannot do, with the sentence its user reads. `to-trpc-error.ts` turns it into an
 * HTTP status; unknown errors never become text on a page.
 */
export const PROBLEMS = {
  SignedOut: { status: "UNAUTHORIZED", text: "You are signed out.", remedy: "Sign in again." },
  NoMembership: {
    status: "FORBIDDEN",
    text: "You belong to no organisation here.",
    remedy: "Ask an owner to invite you.",
  },
  RoleTooLow: {
    status: "FORBIDDEN",
    text: "Your role does not allow this.",
    remedy: "Ask an owner or admin.",
  },
  ProjectNotFound: { status: "NOT_FOUND", text: "There is no such project here.", remedy: null },
  ProjectNotReady: {
    status: "PRECONDITION_FAILED",
    text: "The project is not ready yet.",
    remedy: "Finish its provisioning first.",
  },
  NameMismatch: {
    status: "BAD_REQUEST",
    text: "The name does not match.",
    remedy: "Type the project's name exactly.",
  },
  StillProvisioning: {
    status: "CONFLICT",
    text: "The project is still being made.",
    remedy: "Wait until its steps have ended, then delete it.",
  },
  DeleteIncomplete: {
    status: "SERVICE_UNAVAILABLE",
    text: "The project is cut off, but not gone.",
    remedy: "Delete it again when its database answers, or delete it by force and drop the slot yourself.",
  },
  NothingToRetry: { status: "CONFLICT", text: "No step of this project has failed.", remedy: null },
  RegionNotFound: { status: "NOT_FOUND", text: "There is no such region.", remedy: null },
  RegionExists: {
    status: "CONFLICT",
    text: "There is a region of this name already.",
    remedy: "Choose another id.",
  },
  RegionInUse: {
    status: "CONFLICT",
    text: "Projects still live in this region.",
    remedy: "Set its desired nodes to 0 and delete its projects first.",
  },
  NodeNotFound: { status: "NOT_FOUND", text: "There is no such node.", remedy: null },
  LogNotHere: {
    status: "NOT_FOUND",
    text: "The log of this node is not on this machine.",
    remedy: "Look where the node runs.",
  },
  KeyNotFound: { status: "NOT_FOUND", text: "There is no such key in this project.", remedy: null },
  NoNode: {
    status: "SERVICE_UNAVAILABLE",
    text: "No realtime node answers in this project's region.",
    remedy: "Look at the fleet page: the reconciler says there what it is doing.",
  },
  NodeSilent: {
    status: "SERVICE_UNAVAILABLE",
    text: "The node does not answer on its admin port.",
    remedy: "Try again; the fleet page shows whether it is alive.",
  },
  NodeRefused: { status: "BAD_GATEWAY", text: "The node refused the message.", remedy: null },
  FleetUnmanaged: {
    status: "PRECONDITION_FAILED",
    text: "This dashboard does not run nodes itself (TIDEWIRE_FLEET=off).",
    remedy: "Start or stop nodes where they are run.",
  },
  ControlDatabaseDown: {
    status: "SERVICE_UNAVAILABLE",
    text: "The control database does not answer. Nodes keep serving every project they know.",
    remedy: "Start the control database; this page recovers by itself.",
  },
  NoProjectDatabase: {
    status: "PRECONDITION_FAILED",
    text: "The project has no database yet.",
    remedy: "Finish its setup first.",
  },
  DatabaseRefused: {
    status: "BAD_REQUEST",
    text: "The project's database refused the statement.",
    remedy: null,
  },
  ProjectDatabaseDown: {
    status: "SERVICE_UNAVAILABLE",
    text: "The project's database does not answer.",
    remedy: "Check that it runs and accepts connections.",
  },
} as const satisfies Record<string, { status: string; text: string; remedy: string | null }>;

export type ProblemCode = keyof typeof PROBLEMS;

interface ProblemDetails {
  /** Replaces the table's sentence where more is known. */
  message?: string;
  remedy?: string;
  least?: string;
  cause?: unknown;
}

export class Problem extends Error {
  override readonly name = "Problem";
  readonly code: ProblemCode;
  readonly remedy: string | null;

  constructor(code: ProblemCode, details: ProblemDetails = {}) {
    const least = details.least === undefined ? "" : ` It takes the role ${details.least}.`;
    super((details.message ?? PROBLEMS[code].text) + least, { cause: details.cause });
    this.code = code;
    this.remedy = details.remedy ?? PROBLEMS[code].remedy;
  }
}
