import { Prisma } from "./generated/prisma/client.ts";

export type DbErrorKind =
  /** A row with the same unique value exists. */
  | "conflict"
  | "not-found"
  /** A row that is referred to is missing, or the row to be deleted is still in use. */
  | "in-use-or-missing"
  /** The control database cannot be reached, is full, or took too long. */
  | "unavailable";

/** What the control database refused, in terms that a router can translate. */
export class DbError extends Error {
  override readonly name = "DbError";
  readonly kind: DbErrorKind;

  constructor(kind: DbErrorKind, message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/** https://www.prisma.io/docs/orm/reference/error-reference */
const KINDS: Readonly<Record<string, DbErrorKind>> = {
  P1000: "unavailable",
  P1001: "unavailable",
  P1002: "unavailable",
  P1003: "unavailable",
  P1008: "unavailable",
  P1017: "unavailable",
  P2002: "conflict",
  P2003: "in-use-or-missing",
  P2014: "in-use-or-missing",
  P2024: "unavailable",
  P2025: "not-found",
  P2028: "unavailable",
  P2037: "unavailable",
};

const SENTENCES: Readonly<Record<DbErrorKind, string>> = {
  conflict: "a row with this value exists already",
  "not-found": "there is no such row",
  "in-use-or-missing": "another row depends on this one, or one that it needs is missing",
  unavailable: "the control database cannot be reached",
};

/** SQLSTATE classes, socket errors and kinds of Prisma's adapter that mean the server, and not the statement, is at fault. */
const UNAVAILABLE =
  /^(08|53|57P|57014|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|DatabaseNotReachable|DatabaseDoesNotExist|DatabaseAccessDenied|AuthenticationFailed|ConnectionClosed|SocketTimeout|TooManyConnections|TlsConnectionError)/;
/** The driver's own deadlines carry no code. */
const TIMED_OUT = /^(Query read timeout|timeout exceeded when trying to connect|timeout expired)$/;

/** Awaits `work` and turns what Prisma throws into {@link DbError}; anything else passes as it is. */
export async function translateErrors<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    throw toDbError(error);
  }
}

/** A {@link DbError} when `error` is a known failure of the control database, else `error` itself. */
export function toDbError(error: unknown): unknown {
  if (error instanceof DbError) return error;
  const kind = kindOf(error);
  return kind ? new DbError(kind, SENTENCES[kind], { cause: error }) : error;
}

function kindOf(error: unknown): DbErrorKind | undefined {
  if (error instanceof Prisma.PrismaClientKnownRequestError && KINDS[error.code]) return KINDS[error.code];
  if (error instanceof Prisma.PrismaClientInitializationError) return "unavailable";
  return symptomsOf(error).some((symptom) => UNAVAILABLE.test(symptom) || TIMED_OUT.test(symptom))
    ? "unavailable"
    : undefined;
}

/** Codes, kinds and messages along the chain of causes; Prisma and its adapter each wrap what the driver said. */
function symptomsOf(error: unknown): string[] {
  const symptoms: unknown[] = [];
  for (let at = error, depth = 0; at instanceof Object && depth < 8; depth++) {
    for (const name of ["code", "originalCode", "kind", "message"]) symptoms.push(Reflect.get(at, name));
    const meta: unknown = Reflect.get(at, "meta");
    at = (meta instanceof Object && Reflect.get(meta, "driverAdapterError")) || Reflect.get(at, "cause");
  }
  return symptoms.filter((symptom) => typeof symptom === "string");
}
