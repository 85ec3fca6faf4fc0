import { openApp } from "./app-client.ts";
import { type Database, openDatabase } from "./database.ts";
import { expect, test } from "./fixtures.ts";
import { demoProject, readRun } from "./run.ts";

const project = demoProject();
const path = (tab: string) => `/projects/${project.ref}/replication${tab}`;
/** `SUBSCRIBED` says that the channel is joined; the stream of rows is ready somewhat later. */
const READY_WITHIN_MS = 20_000;

test("a table is published by a switch, its SQL shown first, and its rows then reach a subscriber", async ({
  page,
}) => {
  await using database = await openDatabase(project.databaseUrl);
  await database.query(
    `drop table if exists public.orders;
     create table public.orders (id int primary key, item text, price int);
     grant select on public.orders to anon`,
  );
  await page.goto(path("?tab=publication"));
  const published = page.getByRole("switch", { name: "Publish public.orders" });
  await expect(published).not.toBeChecked();
  await published.click();
  const question = page.getByRole("dialog", { name: "Publish public.orders" });
  await expect(question).toContainText("alter publication supabase_realtime add table public.orders;");
  expect(await isPublished(database, "orders")).toBe(false);
  await question.getByRole("button", { name: "Run SQL" }).click();
  await expect(question).toBeHidden();
  await expect(published).toBeChecked();
  expect(await isPublished(database, "orders")).toBe(true);

  const rows: unknown[] = [];
  await using app = openApp(project);
  await app.join("orders", (channel) =>
    channel.on("postgres_changes", { event: "INSERT", schema: "public", table: "orders" }, (change) =>
      rows.push(change.new),
    ),
  );
  let id = 0;
  const insert = (price: number) =>
    database.query("insert into orders values ($1, 'tea', $2)", [++id, price]);
  await expect(async () => {
    await insert(1);
    expect(rows.length).toBeGreaterThan(0);
  }).toPass({ timeout: READY_WITHIN_MS });

  await page.getByRole("row").filter({ hasText: "public.orders" }).click();
  const detail = page.getByRole("dialog", { name: "public.orders" });
  await expect(detail.getByRole("list", { name: "To look at" })).toContainText(
    "alter table public.orders enable row level security;",
  );
  await expect(detail.getByRole("checkbox", { name: /^id/ })).toBeDisabled();
  await detail.getByRole("checkbox", { name: /^item/ }).uncheck();
  await detail.getByLabel("Row filter").fill("no such syntax");
  await detail.getByRole("button", { name: "Change what is streamed" }).click();
  const change = page.getByRole("dialog", { name: "Change what public.orders publishes" });
  await change.getByRole("button", { name: "Run SQL" }).click();
  await expect(change.getByRole("alert")).toContainText("DatabaseRefused");
  await page.keyboard.press("Escape");
  await detail.getByLabel("Row filter").fill("id % 2 = 0");
  await detail.getByRole("button", { name: "Change what is streamed" }).click();
  await expect(change).toContainText("add table public.orders (id, price) where (id % 2 = 0);");
  await change.getByRole("button", { name: "Run SQL" }).click();
  await expect(detail.getByLabel("Row filter")).toHaveValue(/id % 2/);
  await page.keyboard.press("Escape");
  await expect(async () => {
    await insert(2);
    expect(rows).toContainEqual({ id: expect.any(Number), price: 2 });
  }).toPass({ timeout: READY_WITHIN_MS });

  await published.click();
  await page.getByRole("button", { name: "Run SQL" }).click();
  await expect(published).not.toBeChecked();
});

test("[P2] whoever holds replication up is named: a transaction, a walsender, a frozen node", async ({
  page,
}) => {
  test.setTimeout(150_000);
  await using database = await openDatabase(project.databaseUrl);
  await using culprit = await openDatabase(project.databaseUrl);
  await using app = openApp(project);
  await database.query(
    `drop table if exists public.ledger;
     create table public.ledger (id int generated always as identity primary key);
     alter publication supabase_realtime add table public.ledger`,
  );
  await app.join("ledger", (channel) =>
    channel.on("postgres_changes", { event: "*", schema: "public", table: "ledger" }, () => undefined),
  );
  const write = () => database.query("insert into ledger default values");

  await page.goto(path(""));
  const verdict = page.getByRole("region", { name: "Verdict" });
  const expectWell = () =>
    expect(verdict).toContainText(/Streaming .* behind the last commit/, { timeout: 30_000 });
  await expectWell();

  await test.step("a transaction that stays open", async () => {
    await culprit.query("set application_name = 'nightly-backup'; begin; insert into ledger default values");
    const pid = await numberOf(culprit, "select pg_backend_pid()");
    await write();
    await expect(verdict).toContainText(`pid ${pid}, has been open for`, { timeout: 30_000 });
    const blocker = page.getByRole("region", { name: "Blocker" });
    await expect(blocker).toContainText("nightly-backup");
    await expect(blocker).toContainText(`select pg_terminate_backend(${pid});`);
    await culprit.query("rollback");
    await expectWell();
    await expect(blocker).toBeHidden();
  });

  await test.step("a walsender that stopped", async () => {
    const pid = await slotHolder(database);
    await whileStopped(pid, async () => {
      await write();
      await expect(verdict).toContainText(`the walsender (pid ${pid}) has not answered`, { timeout: 30_000 });
    });
    await expectWell();
  });

  await test.step("a home that is frozen", async () => {
    await whileStopped(await nodePid(), async () => {
      await write();
      await expect(verdict).toContainText(/node local-1-1 has not answered since its last beat/, {
        timeout: 15_000,
      });
      await expect(page.getByRole("region", { name: "What the database says" })).toContainText(
        `tidewire_${project.ref}`,
      );
    });
    await expectWell();
  });

  await database.query("drop table public.ledger");
});

/** The reconciler kills a node that is silent for 20 s, so `work` should be done before. */
async function whileStopped(pid: number, work: () => Promise<void>): Promise<void> {
  process.kill(pid, "SIGSTOP");
  try {
    await work();
  } finally {
    process.kill(pid, "SIGCONT");
  }
}

function slotHolder(database: Database): Promise<number> {
  return numberOf(
    database,
    `select active_pid from pg_replication_slots where slot_name = 'tidewire_${project.ref}'`,
  );
}

/** The one that runs now: other tests may have killed the one of `run.json`. */
async function nodePid(): Promise<number> {
  await using control = await openDatabase(readRun().controlDatabaseUrl);
  return await numberOf(control, "select pid from node where state = 'ready' order by beat_at desc limit 1");
}

async function isPublished(database: Database, table: string): Promise<boolean> {
  const { rowCount } = await database.query("select from pg_publication_tables where tablename = $1", [
    table,
  ]);
  return rowCount === 1;
}

async function numberOf(database: Database, sql: string): Promise<number> {
  const { rows } = await database.query(sql);
  return Number(Object.values(rows[0] ?? {})[0]);
}
