import { migrateTenant } from "@tidewire/db/tenant-migrations";
import type { ClientBase } from "pg";
import { withProjectConnection } from "./project-connection.ts";
import type { StepContext } from "./step-context.ts";
import { StepFailed } from "./step-failed.ts";

const NEEDED = ["supabase_realtime", "supabase_realtime_messages_publication"] as const;

/** A database that was migrated long ago may have lost them since. @throws StepFailed */
export async function ensurePublications({ plane, project, note }: StepContext): Promise<void> {
  await withProjectConnection(plane, project.ref, async (client) => {
    if ((await findMissing(client)).length > 0) await migrateTenant(client, { repair: true });
    const missing = await findMissing(client);
    if (missing.length > 0) {
      throw new StepFailed(`The publication ${missing.join(" and ")} is missing and could not be made.`, {
        remedy: missing.map((name) => `create publication ${name};`).join("\n"),
      });
    }
    note(`${await countTables(client)} tables in supabase_realtime`);
  });
}

async function findMissing(client: ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>("select pubname as name from pg_publication");
  return NEEDED.filter((needed) => !rows.some(({ name }) => name === needed));
}

async function countTables(client: ClientBase): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::int as count from pg_publication_tables where pubname = 'supabase_realtime'",
  );
  return rows[0]?.count ?? 0;
}
