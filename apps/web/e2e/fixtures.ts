import { readFileSync } from "node:fs";
import path from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import type { RunFile } from "../../../scripts/stack/run-file.ts";

export { expect };

interface Fixtures {
  /** A page of a browser that is signed in as the first admin. */
  signedIn: Page;
}

export const test = base.extend<Fixtures>({
  signedIn: async ({ page }, use) => {
    await signIn(page);
    await use(page);
  },
});

/** What `npm start` told the world about the stack under test. */
export function readRun(): RunFile {
  const home = process.env.TIDEWIRE_E2E_HOME;
  if (!home) throw new Error("global-setup has not run");
  return JSON.parse(readFileSync(path.join(home, "run.json"), "utf8"));
}

export async function signIn(page: Page): Promise<void> {
  const { webUrl, admin } = readRun();
  await page.goto(`${webUrl}/sign-in`);
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password", { exact: true }).fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/projects/);
}
