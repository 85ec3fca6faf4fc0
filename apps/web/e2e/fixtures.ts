import path from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import type { RunFile } from "../../../scripts/stack/run-file.ts";
import { readRun } from "./run.ts";

export { expect };

interface Fixtures {
  /** Errors that no code caught, in any page of the test; a test that expects none need not look. */
  uncaught: string[];
}

/**
 * Pages are signed in as the first admin, in a language and a time zone that are not the server's. Every test fails on
 * an error that no code caught: a rendering that differs between server and browser is one.
 */
export const test = base.extend<Fixtures>({
  baseURL: async ({ baseURL: _none }, use) => use(readRun().webUrl),
  storageState: async ({ storageState: _none }, use) => use(signedInState()),
  uncaught: [
    async ({ context }, use) => {
      const uncaught: string[] = [];
      context.on("weberror", (error) => uncaught.push(`${error.page()?.url()}: ${error.error().message}`));
      await use(uncaught);
      expect(uncaught, "errors that no code caught").toEqual([]);
    },
    { auto: true },
  ],
});

/** For tests that sign in themselves. */
export const SIGNED_OUT = { cookies: [], origins: [] };

/** Where global-setup keeps the session that all tests share. */
export function signedInState(): string {
  return path.join(process.env.TIDEWIRE_E2E_HOME ?? "", "signed-in.json");
}

/** Fills the form in and presses its button; the caller says what should come of it. */
export async function signIn(
  page: Page,
  { webUrl, admin }: Pick<RunFile, "webUrl" | "admin"> = readRun(),
): Promise<void> {
  await page.goto(`${webUrl}/sign-in`);
  await page.getByLabel("Email").fill(admin.email);
  await page.getByLabel("Password", { exact: true }).fill(admin.password);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Marks the document, so that {@link expectNotReloaded} can tell whether it is still the same one. */
export async function markDocument(page: Page): Promise<void> {
  await page.evaluate(() => document.documentElement.setAttribute("data-e2e", "same"));
}

export async function expectNotReloaded(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-e2e", "same");
}
