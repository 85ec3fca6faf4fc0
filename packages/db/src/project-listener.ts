import pg from "pg";

/** Filled by the triggers of migration `notify_projects`; the payload is a project's ref. */
const PROJECTS_CHANNEL = "tidewire_projects";

const RETRY_MIN_MS = 250;
const RETRY_MAX_MS = 5_000;
/** A peer that vanished without a word is noticed within this time plus the answer's deadline. */
const PROBE_EVERY_MS = 5_000;
const PROBE_TIMEOUT_MS = 3_000;

interface ListenerOptions {
  url: string;
  connectTimeoutMs: number;
  onHealth(ok: boolean): void;
}

/** One session that listens for changed projects, made anew whenever it ends. */
export class ProjectListener {
  readonly #options: ListenerOptions;
  #session: pg.Client | undefined;
  #timer: NodeJS.Timeout | undefined;
  #onChanged: ((ref: string) => void) | undefined;
  #failures = 0;
  #closed = false;

  constructor(options: ListenerOptions) {
    this.#options = options;
  }

  start(onChanged: (ref: string) => void): void {
    if (this.#onChanged) throw new Error("already listening");
    this.#onChanged = onChanged;
    this.#connect();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#drop();
  }

  #connect(): void {
    const session = new pg.Client({
      connectionString: this.#options.url,
      application_name: "tidewire-node-listen",
      connectionTimeoutMillis: this.#options.connectTimeoutMs,
      query_timeout: PROBE_TIMEOUT_MS,
      keepAlive: true,
    });
    this.#session = session;
    session.on("error", () => this.#lost(session));
    session.on("end", () => this.#lost(session));
    session.on("notification", ({ payload }) => payload && this.#onChanged?.(payload));
    this.#listen(session).catch(() => this.#lost(session));
  }

  async #listen(session: pg.Client): Promise<void> {
    await session.connect();
    await session.query(`listen ${PROJECTS_CHANNEL}`);
    if (this.#session !== session) return;
    this.#failures = 0;
    this.#options.onHealth(true);
    this.#onChanged?.("*");
    this.#probeLater(session);
  }

  #probeLater(session: pg.Client): void {
    this.#timer = setTimeout(() => {
      session.query("select 1").then(
        () => this.#session === session && this.#probeLater(session),
        () => this.#lost(session),
      );
    }, PROBE_EVERY_MS);
  }

  #lost(session: pg.Client): void {
    if (this.#closed || this.#session !== session) return;
    this.#options.onHealth(false);
    void this.#drop().catch(() => undefined);
    clearTimeout(this.#timer);
    const ceilingMs = Math.min(RETRY_MAX_MS, RETRY_MIN_MS * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.#connect(), ceilingMs * (0.5 + Math.random() / 2));
  }

  async #drop(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (!session) return;
    // A graceful goodbye to a dead peer would wait for ever.
    const patience = setTimeout(() => session.connection.stream.destroy(), PROBE_TIMEOUT_MS);
    await session.end().finally(() => clearTimeout(patience));
  }
}
