import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { type PostgresServer, startPostgres } from "@tidewire/db/embedded/postgres-server";
import type { Home } from "./home.ts";

const RESTART_DELAY_MS = 200;
const RESTART_ATTEMPTS_PAUSE_MS = 2_000;

/** The embedded server under supervision: restarted within seconds when it dies, stopped once with the stack. */
export interface SupervisedPostgres {
  url(database?: string): string;
  readonly pid: number;
  stop(): Promise<void>;
}

export async function supervisePostgres(
  home: Home,
  port: number,
  say: (line: string) => void,
): Promise<SupervisedPostgres> {
  const options = {
    dataDir: path.join(home.dir, "postgres"),
    port,
    password: home.secrets.postgresPassword,
    logFile: path.join(home.logs, "postgres.log"),
  };
  let server: PostgresServer = await startPostgres(options);
  if (server.recovered === "stopped-orphan")
    say("  Postgres of an earlier run was still there; it was stopped and taken over.");
  let stopping = false;
  const watch = async () => {
    for (;;) {
      await server.exited;
      while (!stopping) {
        say("Postgres ended; restarting it.");
        await delay(RESTART_DELAY_MS);
        try {
          server = await startPostgres(options);
          break;
        } catch (error) {
          say(`Postgres does not come back: ${error instanceof Error ? error.message : error}`);
          await delay(RESTART_ATTEMPTS_PAUSE_MS);
        }
      }
      if (stopping) return;
    }
  };
  void watch();
  return {
    url: (database) => server.url(database),
    get pid() {
      return server.pid;
    },
    async stop() {
      stopping = true;
      await server.stop("fast");
    },
  };
}
