import pg from "pg";

/** "tidewire" + "fleet" as far as 64 bits go; any constant does, as long as nobody else uses it. */
const FLEET_LOCK = 7_471_331_002;
const DEADLINE_MS = 3_000;

/**
 * One web server at a time may change the fleet: whoever holds an advisory lock on a session of its own. The session is
 * the lease: when it ends, for whatever reason, so does the leadership, on both sides.
 */
export class Leadership {
  readonly #url: string;
  #session: pg.Client | undefined;

  constructor(databaseUrl: string) {
    this.#url = databaseUrl;
  }

  /**
   * Whether this process leads now, asked of the database: true is as fresh as one round trip. Tries to become leader
   * when nobody is.
   *
   * @throws when the database does not answer; the leadership, if any, is lost then
   */
  async hold(): Promise<boolean> {
    try {
      const session = this.#session ?? (await this.#connect());
      const { rows } = await session.query<{ mine: boolean }>(
        // Taking it twice in one session would ask for two releases, so the holder only looks.
        `select case when exists (
                  select from pg_locks where locktype = 'advisory' and pid = pg_backend_pid() and granted
                ) then true else pg_try_advisory_lock($1) end as mine`,
        [FLEET_LOCK],
      );
      return rows[0]?.mine ?? false;
    } catch (cause) {
      await this.release();
      throw new Error("the control database does not answer", { cause });
    }
  }

  /** Gives the lock to the next who asks. */
  async release(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (session === undefined) return;
    // A graceful goodbye to a dead peer would wait for ever.
    const patience = setTimeout(() => session.connection.stream.destroy(), DEADLINE_MS);
    await session.end().catch(() => undefined);
    clearTimeout(patience);
  }

  async #connect(): Promise<pg.Client> {
    const session = new pg.Client({
      connectionString: this.#url,
      application_name: "tidewire-fleet",
      connectionTimeoutMillis: DEADLINE_MS,
      query_timeout: DEADLINE_MS,
      keepAlive: true,
    });
    const forget = () => {
      if (this.#session === session) this.#session = undefined;
    };
    session.on("error", forget);
    session.on("end", forget);
    await session.connect();
    this.#session = session;
    return session;
  }
}
