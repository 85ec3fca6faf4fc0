import { setTimeout as delay } from "node:timers/promises";
import { openClient, type TestClient } from "@tidewire/testkit/project-database";
import type { SeededRandom } from "@tidewire/testkit/seeded-random";

/** Who owns rows. The last has no subscriber. */
export const OWNERS = [
  "a0000000-0000-4000-8000-000000000001",
  "b0000000-0000-4000-8000-000000000002",
  "c0000000-0000-4000-8000-000000000003",
] as const;
/** Broadcasts out of the database go here. */
export const TOPIC = "chaos-news";
export const ROOMS = ["blue", "red", "green"] as const;

/** Rows that every writer changes, for the sake of locks that wait and deadlocks. */
const SHARED_IDS = [1, 2, 3, 4];
const LARGE_ROWS_MAX = 1_500;
const PAUSE_MS_MAX = 60;
const RECONNECT_MS = 50;
const STATEMENT_TIMEOUT_MS = 20_000;

/**
 * `items` is open to all and tells the whole old row; `orders` belong to their owners. Every transaction writes into
 * `chaos_log` what it has done, last and one transaction at a time: the log's order is the order of the commits.
 */
export const SCHEMA = `
  create table items (id bigint primary key, n bigint not null, room text, body text);
  alter table items replica identity full;
  create table orders (id bigint primary key, n bigint not null, owner uuid not null, amount int);
  alter table orders enable row level security;
  create policy own on orders for select to authenticated using (owner = auth.uid());
  grant select on items, orders to authenticated;
  grant select on items to anon;
  alter publication supabase_realtime add table items, orders;
  create table chaos_log (seq bigint primary key, before_lsn pg_lsn not null, ops jsonb not null);
  create sequence chaos_seq;
  insert into items select id, 0, 'blue', 'shared' from generate_series(1, ${SHARED_IDS.length}) as id;`;

/** One change of a row, as its writer knows it. `n` is unique, but for a DELETE, which has the id alone. */
export interface Op {
  table: "items" | "orders" | "messages";
  type: "INSERT" | "UPDATE" | "DELETE";
  id: number;
  n: number;
  /** Of a DELETE that of the old row. */
  room?: string | null;
  owner?: string;
  amount?: number;
}

type RowTable = Exclude<Op["table"], "messages">;

/** One connection that writes until told to stop, and comes back whenever it is thrown out. */
export class Writer {
  readonly #url: string;
  readonly #index: number;
  readonly #random: SeededRandom;
  /** Rows of its own that are committed for sure. */
  readonly #rows = { items: new Set<number>(), orders: new Set<number>() };
  #counter = 0;
  #client: TestClient | undefined;

  constructor(url: string, index: number, random: SeededRandom) {
    this.#url = url;
    this.#index = index;
    this.#random = random;
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        this.#client ??= await this.#connect();
        await this.#transaction(this.#client);
        await delay(this.#random.below(PAUSE_MS_MAX));
      } catch {
        await this.#end();
        await delay(RECONNECT_MS);
      }
    }
    await this.#end();
  }

  async #connect(): Promise<TestClient> {
    const client = await openClient(this.#url);
    await client.query(`set statement_timeout = ${STATEMENT_TIMEOUT_MS}`);
    return client;
  }

  async #end(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }

  async #transaction(client: TestClient): Promise<void> {
    const random = this.#random;
    const ops: Op[] = [];
    await client.query("begin");
    const steps = 1 + random.below(random.chance(0.2) ? 12 : 3);
    for (let step = 0; step < steps; step++) {
      const isUndone = random.chance(0.08);
      if (isUndone) await client.query("savepoint undone");
      const done = await this.#step(client);
      if (isUndone) await client.query("rollback to savepoint undone");
      else ops.push(...done);
    }
    if (random.chance(0.12)) return void (await client.query("rollback"));
    await client.query("select pg_advisory_xact_lock(4711)");
    await client.query(
      "insert into chaos_log values (nextval('chaos_seq'), pg_current_wal_insert_lsn(), $1::jsonb)",
      [JSON.stringify(ops)],
    );
    await client.query("commit");
    // A commit that was not answered may have happened: those rows are left alone from then on.
    for (const { table, type, id } of ops)
      if (type === "INSERT" && table !== "messages") this.#rows[table].add(id);
  }

  #step(client: TestClient): Promise<Op[]> {
    const random = this.#random;
    if (random.chance(0.004)) return this.#insertMany(client, 200 + random.below(LARGE_ROWS_MAX));
    if (random.chance(0.06)) return this.#send(client);
    const table = random.chance(0.6) ? "items" : "orders";
    const ids = [...this.#rows[table]];
    const dice = random.next();
    if (table === "items" && dice < 0.08) return this.#updateItem(client, random.pick(SHARED_IDS));
    if (dice < 0.5 || ids.length === 0) return this.#insert(client, table);
    const id = random.pick(ids);
    // Rows behind policies that are gone before they are looked at are not delivered: few of them, so that most count.
    if (dice < (table === "items" ? 0.7 : 0.55)) return this.#delete(client, table, id);
    return table === "items" ? this.#updateItem(client, id) : this.#updateOrder(client, id);
  }

  async #insertMany(client: TestClient, count: number): Promise<Op[]> {
    const first = this.#next();
    this.#counter += count;
    await client.query(
      "insert into items select i, i, 'red', repeat('x', 50) from generate_series($1::bigint, $2::bigint) as i",
      [first, first + count - 1],
    );
    return Array.from({ length: count }, (_, offset) => {
      const id = first + offset;
      return { table: "items", type: "INSERT", id, n: id, room: "red" };
    });
  }

  async #send(client: TestClient): Promise<Op[]> {
    const n = this.#next();
    await client.query("select realtime.send(jsonb_build_object('n', $1::bigint), 'news', $2, false)", [
      n,
      TOPIC,
    ]);
    return [{ table: "messages", type: "INSERT", id: n, n }];
  }

  async #insert(client: TestClient, table: RowTable): Promise<Op[]> {
    const id = this.#next();
    if (table === "items") {
      const room = this.#random.chance(0.1) ? null : this.#random.pick(ROOMS);
      const body = this.#random.chance(0.05) ? "y".repeat(20_000) : "short";
      await client.query("insert into items values ($1, $1, $2, $3)", [id, room, body]);
      return [{ table, type: "INSERT", id, n: id, room }];
    }
    const owner = this.#random.pick(OWNERS);
    const amount = this.#random.below(100);
    await client.query("insert into orders values ($1, $1, $2, $3)", [id, owner, amount]);
    return [{ table, type: "INSERT", id, n: id, owner, amount }];
  }

  async #updateItem(client: TestClient, id: number): Promise<Op[]> {
    const n = this.#next();
    const room = SHARED_IDS.includes(id) ? "blue" : this.#random.pick(ROOMS);
    await client.query("update items set n = $2, room = $3 where id = $1", [id, n, room]);
    return [{ table: "items", type: "UPDATE", id, n, room }];
  }

  async #updateOrder(client: TestClient, id: number): Promise<Op[]> {
    const n = this.#next();
    const amount = this.#random.below(100);
    const { rows } = await client.query(
      "update orders set n = $2, amount = $3 where id = $1 returning owner",
      [id, n, amount],
    );
    return rows.map(({ owner }) => ({ table: "orders", type: "UPDATE", id, n, owner, amount }));
  }

  async #delete(client: TestClient, table: RowTable, id: number): Promise<Op[]> {
    // Whatever becomes of the transaction, nothing touches the row again.
    this.#rows[table].delete(id);
    const { rows } = await client.query(`delete from ${table} where id = $1 returning *`, [id]);
    return rows.map(({ room }) => ({ table, type: "DELETE", id, n: 0, room }));
  }

  #next(): number {
    return (this.#index + 1) * 10_000_000 + ++this.#counter;
  }
}
