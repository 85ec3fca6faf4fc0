import { randomUUID } from "node:crypto";
import { identityValues, insertRows, setIdentity } from "@tidewire/db/policy-probe";
import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { errorCodeOf, isConnectionLost } from "../wal/postgres-error.ts";
import { quoteLiteral, type Session, type TextRow } from "../wal/session.ts";
import type { Answers } from "./pool.ts";

/**
 * Planning a probe with its policies takes Postgres longer than running it, so it is done once per session. A changed
 * policy or another role makes Postgres plan again by itself.
 */
const PREPARE = `
  deallocate all;
  prepare tidewire_insert(uuid, text, text) as ${insertRows([["$1", "$2", "$3"]])};
  prepare tidewire_assume(text, text, text, text, text, text) as ${setIdentity(["$1", "$2", "$3", "$4", "$5", "$6"])};
  prepare tidewire_visible(uuid[]) as select id::text from realtime.messages where id = any($1)`;

/** By the database itself; `now()` would stand still within a transaction. */
const CLOCK = "select extract(epoch from clock_timestamp()) * 1000 as ms";

const QUERY_CANCELED = "57014";

const prepared = new WeakSet<Session>();

/**
 * As `authorize` for each request that reads (protocol 7.1), each in a transaction of its own that is rolled back, but
 * all in one round trip. A policy that raises ends the round: then each is asked by itself, and only its own fails.
 */
export async function readAll(
  session: Session,
  requests: readonly AuthorizeRequest[],
): Promise<Answers<Grants>> {
  if (!prepared.has(session)) {
    await session.rows(PREPARE);
    prepared.add(session);
  }
  try {
    return await readTogether(session, requests);
  } catch (error) {
    if (isConnectionLost(error)) throw error;
    await session.rows("rollback");
    // Asked one by one, each would be cancelled again, after as long a wait.
    if (requests.length === 1 || errorCodeOf(error) === QUERY_CANCELED)
      return { outcomes: requests.map(() => ({ status: "rejected", reason: error })) };
  }
  const outcomes: PromiseSettledResult<Grants>[] = [];
  for (const request of requests) outcomes.push(...(await readAll(session, [request])).outcomes);
  return { outcomes };
}

async function readTogether(
  session: Session,
  requests: readonly AuthorizeRequest[],
): Promise<Answers<Grants>> {
  const checks = requests.map(toCheck);
  const all = [CLOCK, ...checks.flatMap(({ statements }) => statements), CLOCK];
  const [began, ...results] = await session.results(all.join(";"));
  const outcomes: PromiseSettledResult<Grants>[] = [];
  let at = 0;
  for (const { probes, statements } of checks) {
    const visible = results[at + statements.length - 2] ?? [];
    outcomes.push({ status: "fulfilled", value: toGrants(probes, visible) });
    at += statements.length;
  }
  return { outcomes, databaseMs: Number(results.at(-1)?.[0]?.ms) - Number(began?.[0]?.ms) };
}

interface Check {
  probes: { extension: AuthorizeRequest["extensions"][number]; id: string }[];
  /** The last but one says what is visible. */
  statements: string[];
}

function toCheck(request: AuthorizeRequest): Check {
  const probes = request.extensions.map((extension) => ({ extension, id: randomUUID() }));
  const inserts = probes.map(({ extension, id }) =>
    execute("tidewire_insert", [id, request.topic, extension].map(quoteLiteral)),
  );
  const ids = probes.map(({ id }) => quoteLiteral(id)).join(",");
  const statements = [
    "begin",
    ...inserts,
    execute("tidewire_assume", identityValues(request).map(quoteLiteral)),
    execute("tidewire_visible", [`array[${ids}]::uuid[]`]),
    "rollback",
  ];
  return { probes, statements };
}

function execute(name: string, values: readonly string[]): string {
  return `execute ${name}(${values.join(",")})`;
}

function toGrants(probes: Check["probes"], visible: readonly TextRow[]): Grants {
  const ids = new Set(visible.map(({ id }) => id));
  return Object.fromEntries(probes.map(({ extension, id }) => [extension, ids.has(id)]));
}
