import type { TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase, type ProjectDatabase } from "@tidewire/testkit/project-database";

export const ALICE = { role: "authenticated", sub: "a0000000-0000-4000-8000-000000000001" };
export const BOB = { role: "authenticated", sub: "b0000000-0000-4000-8000-000000000002" };

/** A project with `todos`, which only their owner sees, and `notes`, which everybody sees. */
export async function createTodosDatabase(server: TestPostgres): Promise<ProjectDatabase> {
  const database = await createProjectDatabase(server);
  await database.query(`
    create table todos (id int primary key, owner uuid, task text, done bool default false);
    alter table todos enable row level security;
    create policy own on todos for select to authenticated using (owner = auth.uid());
    grant select on todos to authenticated;
    create table notes (id bigint generated always as identity primary key, room text, body text);
    grant select on notes to authenticated, anon;
    alter publication supabase_realtime add table todos, notes;`);
  return database;
}
