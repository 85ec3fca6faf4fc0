import type { Page } from "@playwright/test";
import { startTestPostgres } from "@tidewire/testkit/postgres";
import { openDatabase } from "./database.ts";
import { expect, SIGNED_OUT, signIn, test } from "./fixtures.ts";
import { createProject } from "./new-project.ts";
import { readRun } from "./run.ts";

test.describe("signing in", () => {
  test.use({ storageState: SIGNED_OUT });

  test("a wrong password is one sentence; too many are a lock-out that ends by itself", async ({ page }) => {
    await page.goto("/projects/demo0000000000000000/inspector");
    await expect(page).toHaveURL(/sign-in\?next=/);
    await page.getByRole("button", { name: "Sign in" }).click();
    await expect(page.getByText("enter an e-mail address")).toBeVisible();
    await expect(page.getByText("enter the password")).toBeVisible();

    const run = readRun();
    await signIn(page, { ...run, admin: { ...run.admin, password: "not the password" } });
    await expect(page.getByRole("form", { name: "Sign in" }).getByRole("alert")).toContainText(
      "E-mail or password is wrong.",
    );
    await expect(page.getByLabel("Password", { exact: true })).toHaveValue("");
    const locked = page.getByRole("button", { name: /^Locked for \d+ s$/ });
    await expect(async () => {
      await page.getByLabel("Password", { exact: true }).fill("not the password either");
      await page.getByLabel("Password", { exact: true }).press("Enter");
      await expect(locked).toBeVisible({ timeout: 1_000 });
    }).toPass();
    await expect(locked).toBeDisabled();
    await expect(page.getByRole("form", { name: "Sign in" }).getByRole("alert")).toContainText(
      "Too many attempts from this address.",
    );

    await expect(page.getByRole("button", { name: "Sign in" })).toBeEnabled({ timeout: 20_000 });
    await page.getByLabel("Password", { exact: true }).fill(run.admin.password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.waitForURL("**/projects");
  });
});

test.describe("a new project", () => {
  test("needs a name", async ({ page }) => {
    await page.goto("/projects/new");
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("give the project a name")).toBeVisible();
    await expect(page.getByLabel("Name")).toHaveAttribute("aria-invalid", "true");
    await expect(page.getByRole("button", { name: "Continue" })).toBeVisible();
  });

  test("is told of every missing thing of its own database, each with what fixes it", async ({ page }) => {
    await using server = await startTestPostgres({
      settings: { wal_level: "replica", max_wal_senders: "0" },
    });
    {
      await using admin = await openDatabase(server.url());
      await admin.query("create role guest login");
    }
    const guest = new URL(server.url());
    guest.username = "guest";
    guest.password = "";

    await page.goto("/projects/new");
    await page.getByLabel("Name").fill("Never made");
    await page.getByRole("button", { name: "Continue" }).click();
    await page.getByRole("radio", { name: "Your own" }).click();

    await check(page, "mysql://root@localhost/app");
    await expect(page.getByText("starts with postgresql://")).toBeVisible();

    await check(page, "postgresql://nobody:wrong@127.0.0.1:1/app");
    await expectFailed(
      page,
      "Can be reached",
      /The database cannot be used: .*(refused|not reached|nothing)/i,
    );

    await check(page, guest.href);
    await expectFailed(
      page,
      "Logical decoding",
      "wal_level is replica; it must be logical",
      "alter system set wal_level",
    );
    await expectFailed(
      page,
      "May stream changes",
      "guest may not stream changes",
      "alter role guest with replication;",
    );
    await expectFailed(
      page,
      "A free WAL sender",
      "All 0 WAL senders are in use",
      "alter system set max_wal_senders",
    );
    await expectFailed(
      page,
      "May create schemas and publications",
      "guest may not create schemas and publications in postgres.",
      "grant create on database postgres to guest;",
    );
    await expectFailed(
      page,
      "Has the roles, or may create them",
      "guest may not create them",
      "create role service_role",
    );

    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page.getByText("Check the database first; every check must pass.")).toBeVisible();
    await page.goto("/projects");
    await expect(page.getByRole("link", { name: /Demo/ }).first()).toBeVisible();
    await expect(page.getByText("Never made")).toHaveCount(0);
  });
});

test("a project that does not exist is said not to, on each of its pages", async ({ page }) => {
  for (const path of ["aaaaaaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaaaaa/inspector", "not-a-reference/keys"]) {
    await page.goto(`/projects/${path}`);
    await expect(page.getByText("There is no such project here")).toBeVisible();
    await expect(page.getByRole("link", { name: "All projects" })).toBeVisible();
  }
  await page.goto("/nowhere");
  await expect(page.getByText("There is no such page")).toBeVisible();
});

test("a project is deleted only by its exact name, and then its database is gone", async ({ page }) => {
  const project = await createProject(page, "Short-lived");
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("button", { name: "Delete project" }).click();
  const dialog = page.getByRole("alertdialog", { name: "Delete Short-lived?" });
  const remove = dialog.getByRole("button", { name: "Delete project" });
  await expect(remove).toBeDisabled();
  for (const wrong of ["short-lived", "Short-lived ", "Short", project.ref]) {
    await dialog.getByRole("textbox").fill(wrong);
    await expect(remove).toBeDisabled();
    await dialog.getByRole("textbox").press("Enter");
  }
  await dialog.getByRole("textbox").fill("Short-lived");
  await remove.click();
  await page.waitForURL("**/projects", { timeout: 30_000 });
  await expect(page.getByText("Short-lived is deleted")).toBeVisible();
  await expect(page.getByRole("link", { name: /Short-lived/ })).toHaveCount(0);

  await using server = await openDatabase(readRun().controlDatabaseUrl);
  const left = await server.query(
    `select datname from pg_database where datname = $1
      union all select slot_name from pg_replication_slots where database = $1
      union all select rolname from pg_roles where rolname = $1`,
    [`tw_${project.ref}`],
  );
  expect(left.rows).toEqual([]);
});

async function check(page: Page, url: string): Promise<void> {
  await page.getByLabel("Connection URL").fill(url);
  await page.getByRole("button", { name: "Check database" }).click();
}

async function expectFailed(
  page: Page,
  title: string,
  sentence: string | RegExp,
  fix?: string,
): Promise<void> {
  const item = page.getByLabel("Database checks").getByRole("listitem").filter({ hasText: title });
  await expect(item.getByRole("img", { name: "failed" })).toBeVisible();
  await expect(item).toContainText(sentence);
  if (fix) await expect(item).toContainText(fix);
}
