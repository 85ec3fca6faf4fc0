import { expect, type Page } from "@playwright/test";

/** Waits until a chart shows something measured: a dot during the first step of its time axis, a line from then on. */
export async function expectDrawn(page: Page, chart: string): Promise<void> {
  const measured = page
    .getByLabel(chart, { exact: true })
    .locator('.recharts-dot, .recharts-curve[d^="M"]')
    .first();
  // A flat line has no height, which is "hidden" to Playwright.
  await expect(measured).toBeAttached({ timeout: 30_000 });
}
