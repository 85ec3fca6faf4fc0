import { openApp } from "./app-client.ts";
import { MESSAGES_TABLE, openDatabase } from "./database.ts";
import { expect, expectNotReloaded, markDocument, test } from "./fixtures.ts";
import { demoProject, readRun } from "./run.ts";

const HEALS_WITHIN_MS = 10_000;

test("kill -9 of a node: the fleet heals, the client comes back and misses no row", async ({ page }) => {
  const [node] = readRun().nodes;
  if (!node) throw new Error("no node runs");
  const project = demoProject();
  await using database = await openDatabase(project.databaseUrl);
  await database.query(`drop table if exists public.messages; ${MESSAGES_TABLE}`);

  await using app = openApp(project);
  const heard: unknown[] = [];
  const bodies: string[] = [];
  const statuses: string[] = [];
  const room = app.client.channel("room:kill", { config: { broadcast: { self: true } } });
  room
    .on("broadcast", { event: "hello" }, ({ payload }) => heard.push(payload.n))
    .on("postgres_changes", { event: "INSERT", schema: "public", table: "messages" }, (change) =>
      bodies.push(change.new.body),
    )
    .subscribe((status) => statuses.push(status));
  await expect.poll(() => statuses, { timeout: 20_000 }).toContain("SUBSCRIBED");
  await expect(async () => {
    await database.query("insert into messages (body) values ('before')");
    expect(bodies).toContain("before");
  }).toPass({ timeout: 60_000 });

  await page.goto("/fleet");
  const row = page
    .getByRole("table", { name: "Nodes of local-1" })
    .getByRole("row")
    .filter({ hasText: node.id });
  await expect(row.getByRole("img", { name: "healthy" })).toBeVisible();
  await row.click();
  await expect(page.getByRole("dialog")).toContainText(String(node.pid));
  await page.keyboard.press("Escape");
  await markDocument(page);

  const killedAtMs = Date.now();
  process.kill(node.pid, "SIGKILL");
  await database.query("insert into messages (body) values ('meanwhile')");
  await expect(page.getByRole("list", { name: "What it did" })).toContainText(node.id, {
    timeout: HEALS_WITHIN_MS,
  });
  await expect
    .poll(async () => (await fetch(`${node.url}/readyz`).catch(() => null))?.ok ?? false, {
      timeout: HEALS_WITHIN_MS,
    })
    .toBe(true);
  const healed = page
    .getByRole("table", { name: "Nodes of local-1" })
    .getByRole("row")
    .filter({
      has: page.getByRole("img", { name: "healthy" }),
    });
  await expect(healed).toHaveCount(1, { timeout: HEALS_WITHIN_MS });
  expect(Date.now() - killedAtMs).toBeLessThan(HEALS_WITHIN_MS);

  await expect.poll(() => bodies, { timeout: 20_000 }).toContain("meanwhile");
  expect(bodies.filter((body) => body === "meanwhile")).toHaveLength(1);
  let n = 0;
  await expect(async () => {
    expect(await room.send({ type: "broadcast", event: "hello", payload: { n: ++n } })).toBe("ok");
    expect(heard.length).toBeGreaterThan(0);
  }).toPass({ timeout: 60_000 });
  await expectNotReloaded(page);
});
