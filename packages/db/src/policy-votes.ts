import { randomUUID } from "node:crypto";
import { Extension } from "@tidewire/protocol/cluster/home";
import type { ClientBase } from "pg";
import { assumeIdentity, type Identity, insertProbes, type Probe } from "./policy-probe.ts";

/** What one policy alone says; Postgres' own words for an error. */
export type Vote = { said: "yes" | "no" } | { said: "error"; message: string };

/** One policy, as far as one action asks it. */
export interface Rule {
  permissive: boolean;
  /** SQL over a row of `realtime.messages`. */
  expression: string | null;
}

export type VotesByExtension = Record<Extension, Vote>;

/**
 * Each rule's expression over the very row that the probe writes, as the role and with the claims of who asks. The row
 * is handed over as a value: as a row of the table the policies would hide it. Everything is rolled back.
 *
 * @returns one entry per rule; null when the row cannot be written or the role not be taken
 */
export async function askRules(
  client: ClientBase,
  identity: Identity,
  rules: readonly Rule[],
): Promise<VotesByExtension[] | null> {
  try {
    await client.query("begin");
    const probes = Extension.options.map((extension): Probe => ({ extension, id: randomUUID() }));
    const { rows } = await client.query<{ extension: Extension; row: string }>(
      `${insertProbes(identity.topic, probes)} returning extension, to_jsonb(messages)::text as row`,
    );
    await client.query(assumeIdentity(identity));
    const votes: VotesByExtension[] = [];
    for (const rule of rules) {
      const said: [Extension, Vote][] = [];
      for (const { extension, row } of rows) said.push([extension, await ask(client, rule, row)]);
      votes.push(Object.fromEntries(said) as VotesByExtension);
    }
    return votes;
  } catch (error) {
    if (sqlStateOf(error) === null) throw error;
    return null;
  } finally {
    await client.query("rollback").catch(() => undefined);
  }
}

async function ask(client: ClientBase, { expression, permissive }: Rule, row: string): Promise<Vote> {
  // Without an expression a policy grants nothing, and forbids nothing.
  if (expression === null) return { said: permissive ? "no" : "yes" };
  await client.query("savepoint vote");
  try {
    // With a parameter Postgres takes one statement, whatever an expression tries to bring along.
    const { rows } = await client.query<{ yes: boolean | null }>(
      `select (${expression})::boolean as yes
         from jsonb_populate_record(null::realtime.messages, $1::jsonb) as messages`,
      [row],
    );
    return { said: rows[0]?.yes === true ? "yes" : "no" };
  } catch (error) {
    if (sqlStateOf(error) === null) throw error;
    return { said: "error", message: error instanceof Error ? error.message : String(error) };
  } finally {
    await client.query("rollback to savepoint vote");
  }
}

/** The SQLSTATE of a statement that failed; null when it is the session that is gone. */
export function sqlStateOf(error: unknown): string | null {
  const code: unknown = error instanceof Object ? Reflect.get(error, "code") : null;
  const isSqlState = typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) && /\d/.test(code);
  return isSqlState && !/^(08|53|57P)/.test(code) ? code : null;
}
