import type { ProjectRecord } from "@tidewire/db/node-store";
import { Refusal, toHandshakeAnswer } from "@tidewire/protocol/errors";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import { codecFor } from "@tidewire/protocol/phoenix/negotiate";
import type { Identity } from "../auth/claims.ts";
import type { RateVerdict } from "../projects/rates.ts";
import type { UpgradeRequest } from "./upgrade-request.ts";

/** A project as far as a handshake looks at it. */
export interface HandshakeProject {
  readonly ref: string;
  readonly record: ProjectRecord;
  readonly rates: { peek(kind: "joins"): RateVerdict };
}

/** Whom a handshake asks. */
export interface Gate<P extends HandshakeProject> {
  isDraining(): boolean;
  find(ref: string): Promise<P | undefined>;
  /** @throws Refusal, or anything else for a token that cannot be judged */
  identify(token: string, record: ProjectRecord): Promise<Identity>;
  /** Connections of the project that hold a channel. */
  users(ref: string): number;
}

export interface Admission<P extends HandshakeProject> {
  project: P;
  codec: Codec;
  identity: Identity;
}

/** A handshake was refused; the project, when it was found, is told who was turned away. */
export interface HandshakeFailure {
  refusal: Refusal;
  ref: string | undefined;
}

/**
 * Decides about an upgrade. The order of the checks is the protocol's (1.4), because each has its own answer.
 * Never throws: whatever goes wrong is a refusal.
 */
export async function admit<P extends HandshakeProject>(
  request: UpgradeRequest,
  gate: Gate<P>,
): Promise<Admission<P> | HandshakeFailure> {
  let ref: string | undefined;
  try {
    const codec = codecFor(request.vsn);
    if (codec === undefined) throw new Refusal("UnsupportedVersion");
    if (gate.isDraining()) throw new Refusal("NodeDraining");
    const project = request.ref === undefined ? undefined : await gate.find(request.ref);
    if (project === undefined) throw new Refusal("TenantNotFound");
    ref = project.ref;
    if (project.record.settings.suspended) throw new Refusal("RealtimeDisabledForTenant");
    if (request.token === undefined) throw new Refusal("MissingAPIKey");
    const identity = await gate.identify(request.token, project.record);
    if (gate.users(project.ref) >= project.record.limits.maxConcurrentUsers) {
      throw new Refusal("ConnectionRateLimitReached");
    }
    if (!project.rates.peek("joins").ok) throw new Refusal("JoinsRateLimitReached");
    return { project, codec, identity };
  } catch (cause) {
    const refusal = cause instanceof Refusal ? cause : new Refusal("ErrorConnectingToWebsocket", { cause });
    return { refusal, ref };
  }
}

/** The whole HTTP answer to a refused upgrade. */
export function toHttpAnswer(refusal: Refusal): string {
  const { status, error } = toHandshakeAnswer(refusal);
  const body = refusal.code === "UnsupportedVersion" ? "" : JSON.stringify({ error });
  return httpAnswer(status, body);
}

const STATUS_TEXT: Readonly<Record<number, string>> = {
  400: "Bad Request",
  401: "Unauthorized",
  403: "Forbidden",
  404: "Not Found",
  429: "Too Many Requests",
  500: "Internal Server Error",
  503: "Service Unavailable",
};

/** An answer on a socket whose HTTP parser has already let go of it. A body is JSON. */
export function httpAnswer(status: number, body = ""): string {
  const lines = [`HTTP/1.1 ${status} ${STATUS_TEXT[status] ?? ""}`, "connection: close"];
  if (body !== "") lines.push("content-type: application/json; charset=utf-8");
  lines.push(`content-length: ${Buffer.byteLength(body)}`, "", body);
  return lines.join("\r\n");
}
