import { CHANNEL_ERRORS } from "./errors/channel.ts";
import { CONNECTION_ERRORS } from "./errors/connection.ts";
import { DATABASE_ERRORS } from "./errors/database.ts";
import { LIMIT_ERRORS } from "./errors/limits.ts";
import type { Outcome } from "./errors/outcome.ts";
import { REPLICATION_ERRORS } from "./errors/replication.ts";
import { REQUEST_ERRORS } from "./errors/request.ts";
import { TOKEN_ERRORS } from "./errors/token.ts";

/** THE table: every code that a client, a log line or the dashboard may show. `docs/errors.md` is generated from it. */
export const ERRORS = {
  ...TOKEN_ERRORS,
  ...CONNECTION_ERRORS,
  ...CHANNEL_ERRORS,
  ...LIMIT_ERRORS,
  ...DATABASE_ERRORS,
  ...REPLICATION_ERRORS,
  ...REQUEST_ERRORS,
} as const satisfies Record<string, Outcome>;

export type ErrorCode = keyof typeof ERRORS;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(ERRORS, text);
}

export function outcomeOf(code: ErrorCode): Outcome {
  return ERRORS[code];
}

/** Where `docs/errors.md` explains a code, relative to `docs/`. */
export function docsAnchor(code: ErrorCode): string {
  return `errors.md#${code.toLowerCase()}`;
}

export interface RefusalDetails {
  /** A more exact sentence than the table's. It reaches the client. */
  message?: string;
  /** Where in the path it was refused: `pool`, `home`, `authorize`, ... */
  stage?: string;
  /** From the arrival of the request until the refusal. */
  elapsedMs?: number;
  /** Earlier attempts are pointless. */
  retryAfterMs?: number;
  cause?: unknown;
}

/** An expected failure, as a row of the table. Never a defect: those are ordinary errors. */
export class Refusal extends Error {
  override readonly name = "Refusal";
  readonly code: ErrorCode;
  readonly stage: string | undefined;
  readonly elapsedMs: number | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, details: RefusalDetails = {}) {
    super(details.message ?? ERRORS[code].text, { cause: details.cause });
    this.code = code;
    this.stage = details.stage;
    this.elapsedMs = details.elapsedMs;
    this.retryAfterMs = details.retryAfterMs;
  }

  get outcome(): Outcome {
    return ERRORS[this.code];
  }

  /**
   * What the client reads: `<Code>: <sentence>`, or the bare sentence where Supabase sends no code. A refusal that may
   * pass by itself also says where and how long it waited (promise P1), in the sentence because supabase-js shows
   * nothing else: `(stage=pool, elapsedMs=5000, retryAfterMs=800)`.
   */
  reason(): string {
    const sentence = this.outcome.bare ? this.message : `${this.code}: ${this.message}`;
    return sentence + this.#waited();
  }

  #waited(): string {
    if (this.stage === undefined || this.outcome.retry !== "with-backoff") return "";
    const facts = [`stage=${this.stage}`];
    if (this.elapsedMs !== undefined) facts.push(`elapsedMs=${Math.round(this.elapsedMs)}`);
    if (this.retryAfterMs !== undefined) facts.push(`retryAfterMs=${Math.round(this.retryAfterMs)}`);
    return ` (${facts.join(", ")})`;
  }
}

/** Status and sentence of a refused handshake (protocol 1.4). A token's age is not told there. */
export function toHandshakeAnswer(refusal: Refusal): { status: number; error: string } {
  const { httpStatus, httpText } = refusal.outcome;
  return {
    status: httpStatus ?? 500,
    error: httpText ?? refusal.message.replace(/ \d+ seconds ago$/, ""),
  };
}
