import { startTestPostgres } from "@tidewire/testkit/postgres";
import { createPlace, removePlace, startStack } from "../../../scripts/test/stack.ts";
import { openApp } from "./app-client.ts";
import { MESSAGES_TABLE, openDatabase } from "./database.ts";
import { expect, SIGNED_OUT, signIn, test } from "./fixtures.ts";
import { readShownProject } from "./new-project.ts";

test.use({ storageState: SIGNED_OUT });

test("[P9] without the control database clients notice nothing, and the dashboard says what is the matter", async ({
  page,
  browser,
}) => {
  test.setTimeout(240_000);
  await using control = await startTestPostgres({ password: "control" });
  await using projects = await startTestPostgres({ password: "projects" });
  {
    await using admin = await openDatabase(control.url());
    await admin.query("create database control");
  }
  const place = await createPlace();
  place.env.DATABASE_URL = control.url("control");
  await using stack = await startStack(place);
  const { webUrl, admin } = stack.run;

  await signIn(page, stack.run);
  await page.waitForURL("**/projects");
  await page.goto(`${webUrl}/projects/new`);
  await page.getByLabel("Name").fill("Elsewhere");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("radio", { name: "Your own" }).click();
  await page.getByLabel("Connection URL").fill(projects.url());
  await page.getByRole("button", { name: "Check database" }).click();
  await expect(page.getByText("This database can be used")).toBeVisible();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByText(/postgresql:\/\/postgres:.*@127\.0\.0\.1/)).not.toContainText("projects@");
  await page.getByRole("button", { name: "Create project" }).click();
  await page.getByRole("link", { name: "Open project" }).click({ timeout: 30_000 });
  const project = await readShownProject(page);

  await using database = await openDatabase(projects.url());
  await database.query(MESSAGES_TABLE);
  await using alice = openApp(project);
  await using bob = openApp(project);
  const heard: unknown[] = [];
  const bodies: string[] = [];
  let present: string[] = [];
  const listening = await bob.join("room:1", (room) =>
    room
      .on("broadcast", { event: "hello" }, ({ payload }) => heard.push(payload.n))
      .on("presence", { event: "sync" }, () => {
        present = Object.keys(room.presenceState());
      })
      .on("postgres_changes", { event: "INSERT", schema: "public", table: "messages" }, (change) =>
        bodies.push(change.new.body),
      ),
  );
  const speaking = await alice.join("room:1", undefined, {
    config: { broadcast: { ack: true }, presence: { key: "alice" } },
  });
  const expectAllWorks = async (round: string) => {
    expect(await speaking.send({ type: "broadcast", event: "hello", payload: { n: round } })).toBe("ok");
    await expect.poll(() => heard).toContain(round);
    await expect(async () => {
      await database.query("insert into messages (body) values ($1)", [round]);
      expect(bodies).toContain(round);
    }).toPass({ timeout: 60_000 });
  };
  await expectAllWorks("before");

  await control.stop("immediate");
  await expectAllWorks("while it is down");
  await speaking.track({ name: "Alice" });
  await expect.poll(() => present).toEqual(["alice"]);
  // A client that was never here before: the node knows the project without asking.
  await using carol = openApp(project);
  await carol.join("room:1");

  await page.goto(`${webUrl}/projects`);
  await expect(page.getByRole("alert").first()).toContainText("The control database does not answer.");
  const stranger = await browser.newPage();
  await stranger.goto(`${webUrl}/sign-in`);
  await stranger.getByLabel("Email").fill(admin.email);
  await stranger.getByLabel("Password", { exact: true }).fill(admin.password);
  await stranger.getByRole("button", { name: "Sign in" }).click();
  const problem = stranger.getByRole("form", { name: "Sign in" }).getByRole("alert");
  await expect(problem).toContainText(
    "The control database does not answer, so nobody can be signed in right now.",
  );
  await expect(problem).toContainText("Realtime nodes keep serving");

  await control.start();
  await expect(async () => {
    if (new URL(stranger.url()).pathname === "/projects") return;
    await stranger.getByLabel("Password", { exact: true }).fill(admin.password, { timeout: 10_000 });
    await stranger.getByRole("button", { name: "Sign in" }).click({ timeout: 10_000 });
    await stranger.waitForURL("**/projects", { timeout: 10_000, waitUntil: "commit" });
  }).toPass({ timeout: 90_000 });
  await expect(page.getByRole("link", { name: /Elsewhere/ }).first()).toBeVisible({ timeout: 20_000 });
  await expectAllWorks("after");
  expect(listening.state).toBe("joined");
  await stranger.close();
  removePlace(place);
});
