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

/** SQLSTATE classes and socket errors that mean the server, and not the statement, is at fault. */
const UNAVAILABLE = /^(08|53|57P|ECONN|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH)/;

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
  return causes(error).some((code) => UNAVAILABLE.test(code)) ? "unavailable" : undefined;
}

/** Codes along the chain of causes; adapters wrap what the driver said. */
function causes(error: unknown): string[] {
  const codes: string[] = [];
  for (let at = error, depth = 0; at instanceof Object && depth < 8; depth++) {
    for (const key of ["code", "originalCode"] as const) {
      const code: unknown = Reflect.get(at, key);
      if (typeof code === "string") codes.push(code);
    }
    at = Reflect.get(at, "cause");
  }
  return codes;
}
