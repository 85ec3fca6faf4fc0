import { reasonOf } from "@tidewire/db/reason";
import pg from "pg";
import { Problem } from "../../problem.ts";

const INSUFFICIENT_PRIVILEGE = "42501";
/** SQLSTATE classes of a session that ended or was never granted, rather than of a statement. */
const OF_SESSION = /^(08|28|3D|53|57P|XX)/;
/** What ends a session is fatal, also under a code that a statement may have: 55000 is a database that lets nobody in. */
const ENDS_SESSION = /^(FATAL|PANIC)$/;

/** What a project's database said, or that it said nothing. Problems pass as they are. */
export function toDatabaseProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  const said = toSentence(reasonOf(cause));
  if (cause instanceof pg.DatabaseError && !isOfSession(cause)) {
    return new Problem("DatabaseRefused", { message: `The database refuses: ${said}`, cause });
  }
  return new Problem("ProjectDatabaseDown", {
    message: `The project's database does not answer: ${said}`,
    cause,
  });
}

function isOfSession({ code = "", severity = "" }: pg.DatabaseError): boolean {
  return OF_SESSION.test(code) || ENDS_SESSION.test(severity);
}

/** The statement is right, the role is not the one that may run it. */
export function isNotAllowed(error: unknown): boolean {
  const cause = error instanceof Problem ? error.cause : error;
  return cause instanceof pg.DatabaseError && cause.code === INSUFFICIENT_PRIVILEGE;
}

function toSentence(text: string): string {
  return text.endsWith(".") ? text : `${text}.`;
}
