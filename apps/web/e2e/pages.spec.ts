import type { Page } from "@playwright/test";
import { expectDrawn } from "./drawn.ts";
import { expect, test } from "./fixtures.ts";
import { createProject, revealDatabaseUrl, type ShownProject } from "./new-project.ts";
import { startTraffic } from "./traffic.ts";
import { unnamedElements } from "./unnamed.ts";

const WIDE = { width: 1440, height: 900 };
const PHONE = { width: 390, height: 844 };

interface Sight {
  name: string;
  path: string;
  /** What is there once the page has something to show. */
  settled: (page: Page) => Promise<void>;
}

const text = (words: string | RegExp) => (page: Page) => expect(page.getByText(words).first()).toBeVisible();
const live = text(/live, 1 of 1 node answering/);
const rowOf = (table: string | RegExp) => (page: Page) =>
  expect(page.getByRole("table", { name: table }).getByRole("row").nth(1)).toBeVisible();

const SIGHTS: Sight[] = [
  { name: "projects", path: "/projects", settled: text("Aurora chat") },
  {
    name: "new-project",
    path: "/projects/new",
    settled: (page) => expect(page.getByRole("radio")).toBeChecked(),
  },
  { name: "presence", path: "/projects/:ref/presence", settled: rowOf("Members") },
  { name: "replication", path: "/projects/:ref/replication", settled: drawn("Lag by stage") },
  { name: "publication", path: "/projects/:ref/replication?tab=publication", settled: rowOf("Tables") },
  { name: "connections", path: "/projects/:ref/connections", settled: rowOf("Connections") },
  { name: "refusals", path: "/projects/:ref/connections?tab=refusals", settled: text("Unauthorized") },
  { name: "channels", path: "/projects/:ref/channels", settled: rowOf("Channels") },
  { name: "policies", path: "/projects/:ref/policies", settled: text("everybody reads") },
  { name: "logs", path: "/projects/:ref/logs", settled: rowOf("Log") },
  { name: "keys", path: "/projects/:ref/keys", settled: rowOf("API keys") },
  { name: "settings", path: "/projects/:ref/settings", settled: live },
  { name: "fleet", path: "/fleet", settled: rowOf("Nodes of local-1") },
  { name: "team", path: "/team", settled: rowOf("Members") },
  { name: "audit", path: "/audit", settled: rowOf(/.*/) },
  { name: "inspector", path: "/projects/:ref/inspector", settled: openMessage },
  { name: "overview", path: "/projects/:ref", settled: overviewSettled },
];
const ON_A_PHONE = ["overview", "inspector"];

test("every page, in use, light and dark, wide and on a phone", async ({ page }, info) => {
  test.setTimeout(480_000);
  const project = await createProject(page, "Aurora chat");
  const databaseUrl = await revealDatabaseUrl(page, project.ref);
  await using _traffic = await startTraffic(project, databaseUrl);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(`${page.url()}: ${message.text()}`);
  });

  for (const sight of SIGHTS) {
    await test.step(sight.name, async () => {
      await page.goto(pathOf(sight, project));
      await sight.settled(page);
      const shoot = async (as: string) => {
        await page.screenshot({ path: info.outputPath(`${sight.name}-${as}.png`) });
        expect.soft(await widthBeyond(page), `${sight.name}, ${as}: pixels beyond the right edge`).toBe(0);
      };
      await shoot("dark");
      expect.soft(await unnamedElements(page), `${sight.name}: elements without a name`).toEqual([]);
      await page.getByRole("button", { name: "Switch between light and dark" }).click();
      await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
      await shoot("light");
      if (ON_A_PHONE.includes(sight.name)) {
        await page.setViewportSize(PHONE);
        await shoot("phone");
        await page.setViewportSize(WIDE);
      }
      await page.getByRole("button", { name: "Switch between light and dark" }).click();
    });
  }
  expect(complaints, "what the console says").toEqual([]);
});

function pathOf(sight: Sight, { ref }: ShownProject): string {
  return sight.path.replace(":ref", ref);
}

function drawn(chart: string) {
  return (page: Page) => expectDrawn(page, chart);
}

async function openMessage(page: Page): Promise<void> {
  await page
    .getByRole("table", { name: "Messages" })
    .getByRole("row")
    .filter({ hasText: "broadcast" })
    .filter({ hasText: /message/ })
    .first()
    .click();
  await expect(page.getByRole("complementary", { name: "Message detail" })).toContainText("Message");
}

/** Rates need two looks at the nodes. */
async function overviewSettled(page: Page): Promise<void> {
  await expectDrawn(page, "Traffic");
  await expect(page.getByRole("link", { name: /Messages in/ })).not.toContainText("–");
}

/** A page that scrolls sideways hides what is there. */
function widthBeyond(page: Page): Promise<number> {
  return page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
}
