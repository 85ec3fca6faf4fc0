import { readFileSync } from "node:fs";
import path from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import type { RunFile } from "../../../scripts/stack/run-file.ts";

export { expect };

interface Fixtures {
  run: RunFile;
  /** A page of a browser that is signed in as the first admin. */
  signedIn: Page;
}

/** Playwright transforms files in place and resolves no source exports, so the outside contract is read as anyone would. */
export const test = base.extend<Fixtures>({
  run: async ({}, use) => {
    await use(readRun());
  },
  signedIn: async ({ page, run }, use) => {
    await signIn(page, run);
    await use(page);
  },
});

export function readRun(): RunFile {
  const home = process.env.TIDEWIRE_E2E_HOME;
  if (!home) throw new Error("global-setup has not run");
  return JSON.parse(readFileSync(path.join(home, "run.json"), "utf8"));
}

export async function signIn(page: Page, { webUrl, admin }: RunFile): Promise<void> {
  await page.goto(`${webUrl}/sign-in`);
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password", { exact: true }).fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL(/\/projects/);
}
