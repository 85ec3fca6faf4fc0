import type { Page } from "@playwright/test";
import { expect, SIGNED_OUT, test } from "./fixtures.ts";
import { readRun } from "./run.ts";

test.describe("signing in", () => {
  test.use({ storageState: SIGNED_OUT });

  test("works with the keyboard alone", async ({ page }) => {
    await page.goto("/sign-in");
    await expect(page.getByLabel("Email")).toBeFocused();
    await page.keyboard.type(readRun().admin.email);
    await page.keyboard.press("Tab");
    await page.keyboard.type(readRun().admin.password);
    await page.keyboard.press("Enter");
    await page.waitForURL("**/projects");
  });
});

test("Ctrl-K finds pages and projects, ? lists the keys, g and a letter go there", async ({ page }) => {
  await page.goto("/projects");
  await untilAnswersKeys(page);
  await page.keyboard.press("Control+k");
  const palette = page.getByRole("dialog", { name: "Commands" });
  await expect(palette.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("demo");
  await expect(palette.getByRole("option", { name: /Demo/ })).toBeVisible();
  await page.keyboard.press("Enter");
  await page.waitForURL("**/projects/demo0000000000000000");
  await expect(palette).toBeHidden();

  await page.keyboard.press("?");
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(sheet).toContainText("Search and commands");
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();

  await page.keyboard.press("g");
  await page.keyboard.press("i");
  await page.waitForURL("**/projects/demo0000000000000000/inspector");
  await page.keyboard.press("/");
  await expect(page.getByRole("searchbox", { name: "Filter messages" })).toBeFocused();
  await page.keyboard.type("g f?");
  await expect(page.getByRole("searchbox", { name: "Filter messages" })).toHaveValue("g f?");
  await expect(sheet).toBeHidden();

  await page.keyboard.press("Control+k");
  await page.keyboard.type("no such thing");
  await expect(palette.getByText("Nothing of that name.")).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(palette).toBeHidden();
});

/** A finger stays this long on a key. Radix selects on the focus that follows an arrow key, if the key is still down. */
const HELD = { delay: 80 };

test("a project is made with the keyboard alone", async ({ page }) => {
  await page.goto("/projects");
  await untilAnswersKeys(page);
  await page.keyboard.press("Control+k");
  await page.keyboard.type("new project");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/projects/new");
  await expect(page.getByLabel("Name")).toBeFocused();
  await page.keyboard.type("By keyboard");
  await expect(page.getByRole("radio", { name: /local-1/ })).toBeChecked();
  await page.keyboard.press("Enter");

  await tabTo(page, "radio", "Managed");
  await page.keyboard.press("ArrowDown", HELD);
  await expect(page.getByRole("radio", { name: "Your own" })).toBeFocused();
  await expect(page.getByLabel("Connection URL")).toBeVisible();
  await page.keyboard.press("ArrowUp", HELD);
  await expect(page.getByRole("radio", { name: "Managed" })).toBeChecked();
  await tabTo(page, "button", "Continue");
  await page.keyboard.press("Enter");
  await tabTo(page, "button", "Create project");
  await page.keyboard.press("Enter");
  await expect(page.getByText("By keyboard is ready")).toBeVisible({ timeout: 30_000 });
  await tabTo(page, "link", "Open project");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "By keyboard", level: 1 })).toBeVisible();
});

/** Until the browser has taken over what the server rendered, keys go nowhere. */
async function untilAnswersKeys(page: Page): Promise<void> {
  const sheet = page.getByRole("dialog", { name: "Keyboard shortcuts" });
  await expect(async () => {
    await page.keyboard.press("?");
    await expect(sheet).toBeVisible({ timeout: 500 });
  }).toPass();
  await page.keyboard.press("Escape");
  await expect(sheet).toBeHidden();
}

/** Far fewer stops than any page has; more means that the element cannot be reached at all. */
const TABS_MAX = 60;

async function tabTo(page: Page, role: "button" | "link" | "radio", name: string): Promise<void> {
  const wanted = page.getByRole(role, { name, exact: true });
  await expect(wanted).toBeVisible();
  for (let press = 0; press < TABS_MAX; press++) {
    if (await wanted.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error(`${role} "${name}" is not reached by Tab`);
}
