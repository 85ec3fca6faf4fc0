import { setTimeout as delay } from "node:timers/promises";
import pg from "pg";

const EVERY_MS = 10;
const QUERY = `
  select count(*)::int as count from pg_stat_activity
  where datname = current_database() and pid <> pg_backend_pid() and backend_type in ('client backend', 'walsender')`;

/** Counts the sessions of a database again and again, all but its own. */
export class SessionCount implements AsyncDisposable {
  readonly #client: pg.Client;
  readonly #watching: Promise<void>;
  #max = 0;
  #samples = 0;
  #stopped = false;

  private constructor(client: pg.Client) {
    this.#client = client;
    this.#watching = this.#watch();
  }

  static async watch(databaseUrl: string): Promise<SessionCount> {
    const client = new pg.Client({ connectionString: databaseUrl });
    await client.connect();
    return new SessionCount(client);
  }

  /** The most that was seen at once. */
  async stop(): Promise<number> {
    this.#stopped = true;
    await this.#watching;
    if (this.#samples === 0) throw new Error("the sessions were never counted");
    return this.#max;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stopped = true;
    await this.#watching.catch(() => undefined);
    await this.#client.end();
  }

  async #watch(): Promise<void> {
    while (!this.#stopped) {
      const { rows } = await this.#client.query<{ count: number }>(QUERY);
      this.#max = Math.max(this.#max, rows[0]?.count ?? 0);
      this.#samples++;
      await delay(EVERY_MS);
    }
  }
}
