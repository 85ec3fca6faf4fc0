import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres } from "@tidewire/testkit/postgres";
import { beforeAll, expect, test } from "vitest";
import { createTestControlPlane, createTestProject } from "./harness/control-plane.ts";
import { buildNode, startNodeProcess } from "./harness/node-process.ts";
import { createTestSupabase } from "./harness/supabase.ts";

const SQL = `
  create table public.notes (id bigint generated always as identity primary key, n int);
  alter publication supabase_realtime add table public.notes;
`;
/** realtime-js tries again after 1, 2, 5 and 10 s. */
const BACK_MS = 20_000;

beforeAll(buildNode);

test("[P6] after kill -9 of the only node its clients come back by themselves, with every row committed meanwhile, once and in order", async () => {
  await using postgres = await startTestPostgres({ settings: { wal_level: "logical" } });
  await using control = await createTestControlPlane(postgres);
  const project = await createTestProject(control, postgres);
  await project.database.query(SQL);
  const stateDir = await mkdtemp(join(tmpdir(), "tidewire-kill-"));
  const start = (port: string) =>
    startNodeProcess(control, { TIDEWIRE_PORT: port, TIDEWIRE_STATE_DIR: stateDir });
  let node = start("0");
  try {
    const url = await node.url();
    await using supabase = await createTestSupabase(
      `${url}/p/${project.ref}`,
      project.keys.publishable.value,
    );
    const rows: number[] = [];
    const heard: unknown[] = [];
    let ready = 0;
    const channel = supabase.client
      .channel("notes")
      .on("postgres_changes", { event: "INSERT", schema: "public", table: "notes" }, ({ new: row }) =>
        rows.push(row.n),
      )
      .on("broadcast", { event: "hello" }, ({ payload }) => heard.push(payload))
      .on("system", {}, ({ extension, status }) => {
        if (extension === "postgres_changes" && status === "ok") ready++;
      });
    channel.subscribe();
    await eventually(() => ready === 1);
    let n = 0;
    const insert = () => project.database.query("insert into notes (n) values ($1)", [n++]);
    for (let i = 0; i < 10; i++) await insert();
    await eventually(() => rows.length === 10);

    node.child.kill("SIGKILL");
    await node.exited;
    for (let i = 0; i < 10; i++) await insert();
    node = start(new URL(url).port);
    await node.url();
    for (let i = 0; i < 10; i++) await insert();

    await eventually(() => ready === 2, { withinMs: BACK_MS });
    for (let i = 0; i < 10; i++) await insert();
    await eventually(() => expect(rows.length).toBeGreaterThanOrEqual(n));
    expect(rows).toEqual(Array.from({ length: n }, (_, i) => i));

    await using other = await createTestSupabase(`${url}/p/${project.ref}`, project.keys.publishable.value);
    const sender = await other.subscribe("notes");
    await sender.send({ type: "broadcast", event: "hello", payload: { again: true } });
    await eventually(() => expect(heard).toEqual([{ again: true }]));
  } finally {
    node.child.kill("SIGKILL");
    await node.exited;
    await rm(stateDir, { recursive: true, force: true });
  }
}, 90_000);
