import type { Page } from "@playwright/test";
import { openApp } from "./app-client.ts";
import { MESSAGES_TABLE, openDatabase } from "./database.ts";
import { expectDrawn } from "./drawn.ts";
import { expect, expectNotReloaded, markDocument, SIGNED_OUT, signIn, test } from "./fixtures.ts";
import { startMember } from "./member-process.ts";
import { readShownProject, revealDatabaseUrl } from "./new-project.ts";

const STEPS = [
  "Check the database server",
  "Create the database and its owner",
  "Create roles, auth functions and the realtime schema",
  "Check the publications",
  "Issue the API keys",
  "Send a message through a realtime node",
];

test.use({ storageState: SIGNED_OUT });

test("from signing in to a killed client: every page tells it by itself", async ({ page, context }) => {
  await signIn(page);
  await page.waitForURL("**/projects");
  await page.getByRole("link", { name: "New project" }).first().click();
  await page.getByLabel("Name").fill("Journey");
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("radio", { name: "Managed" })).toBeChecked();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText("Managed: a new database")).toBeVisible();
  await page.getByRole("button", { name: "Create project" }).click();

  const steps = page.getByRole("list", { name: "Setup steps" }).getByRole("listitem");
  await expect(page.getByText("Journey is ready")).toBeVisible({ timeout: 30_000 });
  await expect(steps).toHaveText(STEPS.map((title) => new RegExp(`^(done)?${title}.* m?s$`)));
  for (const step of await steps.all()) await expect(step.getByRole("img", { name: "done" })).toBeVisible();

  await page.getByRole("link", { name: "Open project" }).click();
  const project = await readShownProject(page);
  const database = await openDatabase(await revealDatabaseUrl(page, project.ref));
  await database.query(MESSAGES_TABLE);

  const open = async (name: string, link: string) => {
    const tab = await context.newPage();
    await tab.goto(`/projects/${project.ref}/${link}`);
    await expect(tab.getByRole("heading", { name, level: 1 })).toBeVisible();
    await markDocument(tab);
    return tab;
  };
  const presence = await open("Presence", "presence");
  const inspector = await open("Inspector", "inspector");
  const replication = await open("Replication", "replication");
  await expect(presence.getByText("Nobody is here")).toBeVisible();
  await expect(inspector.getByText(/live, 1 of 1 node answering/)).toBeVisible();

  await using app = openApp(project);
  const rows: unknown[] = [];
  const room = await app.join(
    "room:journey",
    (channel) =>
      channel.on("postgres_changes", { event: "INSERT", schema: "public", table: "messages" }, (change) =>
        rows.push(change.new),
      ),
    { config: { presence: { key: "ada" }, broadcast: { ack: true } } },
  );
  expect(await room.track({ name: "Ada" })).toBe("ok");
  await expectMember(presence, "ada", /live/);

  expect(await room.send({ type: "broadcast", event: "hello", payload: { text: "from Ada" } })).toBe("ok");
  await messageRow(inspector, "broadcast", "hello").click();
  const detail = inspector.getByRole("complementary", { name: "Message detail" });
  await expect(detail.getByLabel("Payload as JSON")).toContainText("from Ada");
  await expect(detail.getByLabel("Times")).toContainText("socket writes");
  await expect(detail.getByLabel("Headers")).toContainText("public");

  // `SUBSCRIBED` says that the channel is joined; the stream of rows says of itself when it is ready.
  await expect(async () => {
    await database.query("insert into messages (body) values ('row')");
    expect(rows.length).toBeGreaterThan(0);
  }).toPass({ timeout: 60_000 });
  await expectLagPoint(replication);
  await expect(messageRow(inspector, "change", "INSERT").first()).toBeVisible();

  await using killed = await startMember(project, "room:journey", "grace");
  await using frozen = await startMember(project, "room:journey", "linus");
  await expectMember(presence, "grace", /live/);
  await expectMember(presence, "linus", /live/);
  killed.kill();
  await expectDeparture(presence, "grace", "socket error");
  frozen.freeze();
  await expectDeparture(presence, "linus", /silent for [0-9.]+ s/);
  await expectMember(presence, "ada", /live/);

  for (const tab of [presence, inspector, replication]) await expectNotReloaded(tab);
  await database[Symbol.asyncDispose]();
});

function messageRow(page: Page, kind: string, event: string) {
  const rows = page.getByRole("table", { name: "Messages" }).getByRole("row");
  return rows.filter({ hasText: kind }).filter({ hasText: event });
}

async function expectMember(page: Page, key: string, state: RegExp): Promise<void> {
  const row = page.getByRole("table", { name: "Members" }).getByRole("row").filter({ hasText: key });
  await expect(row.getByRole("img", { name: state })).toBeVisible();
}

/** Within ten seconds: that is what is promised of ghosts. */
async function expectDeparture(page: Page, key: string, cause: string | RegExp): Promise<void> {
  const members = page.getByRole("table", { name: "Members" }).getByRole("row");
  await expect(members.filter({ hasText: key })).toHaveCount(0, { timeout: 10_000 });
  const departures = page.getByRole("table", { name: "Departures" }).getByRole("row");
  await expect(departures.filter({ hasText: key })).toContainText(cause);
}

async function expectLagPoint(page: Page): Promise<void> {
  await expectDrawn(page, "Lag by stage");
  const lag = page.getByLabel("Lag by stage", { exact: true });
  await lag.getByRole("button", { name: "Lag by stage as a table" }).click();
  await expect(lag.getByRole("table").getByRole("row").nth(1)).toContainText("ms");
}
