import type { Page } from "@playwright/test";
import { findNatsServer } from "../../../scripts/stack/nats.ts";
import { createPlace, removePlace, type Stack, startStack } from "../../../scripts/test/stack.ts";
import { openApp } from "./app-client.ts";
import { expect, SIGNED_OUT, signIn, test } from "./fixtures.ts";

const NODES = 2;

test.use({ storageState: SIGNED_OUT });
test.skip(() => findNatsServer() === undefined, "two nodes need nats-server (Debian: nats-server)");

test("the way of a broadcast through two nodes, step by step, and how far their regions are apart", async ({
  page,
}, info) => {
  test.setTimeout(360_000);
  const place = await createPlace();
  try {
    await using stack = await startStack(place, ["--nodes", String(NODES)]);
    const { webUrl, projects, nodes } = stack.run;
    const [project] = projects;
    if (!project) throw new Error("a fresh home has no project");
    await signIn(page, stack.run);
    await page.waitForURL("**/projects");

    await page.goto(`${webUrl}/projects/${project.ref}/inspector`);
    await expect(page.getByText(`live, ${NODES} of ${NODES} nodes answering`)).toBeVisible();
    await page.getByRole("button", { name: "Trace" }).click();
    await expect(page.getByRole("button", { name: "Trace" })).toHaveAttribute("aria-pressed", "true");

    const [near, far] = await Promise.all(nodes.map((node) => openApp(at(node, project))));
    if (!near || !far) throw new Error("two nodes were asked for");
    await using _near = near;
    await using _far = far;
    const heard: unknown[] = [];
    await far.join("room:trace", (room) =>
      room.on("broadcast", { event: "hello" }, ({ payload }) => heard.push(payload)),
    );
    const room = await near.join("room:trace");
    // Nodes look every second for who traces, and the first messages may come before they know.
    const detail = page.getByRole("complementary", { name: "Message detail" });
    const trace = detail.getByRole("region", { name: "Trace" });
    await expect(async () => {
      await room.send({ type: "broadcast", event: "hello", payload: { n: heard.length } });
      // Without a limit of its own the click would wait for a message that was sent too early, and no other would be.
      await newestMessage(page).click({ timeout: 5_000 });
      await expect(trace.getByRole("list", { name: /^Steps on/ })).toHaveCount(NODES, { timeout: 10_000 });
    }).toPass({ timeout: 120_000 });

    const [origin, other] = await trace.getByRole("list", { name: /^Steps on/ }).all();
    if (!origin || !other) throw new Error("a node is missing");
    await expect(trace.getByText(/accepted in .+ at \d\d:\d\d:\d\d/)).toBeVisible();
    for (const step of ["sequenced", "bus out", "socket writes"]) await expect(origin).toContainText(step);
    for (const step of ["bus", "socket writes"]) await expect(other).toContainText(step);
    await expect(trace).toContainText("sent it, and does not hear itself");
    await page.screenshot({ path: info.outputPath("trace.png") });

    await expectMatrix(page, stack);
    await page.getByRole("region", { name: "Latency between regions" }).scrollIntoViewIfNeeded();
    await page.screenshot({ path: info.outputPath("routes.png") });
  } finally {
    removePlace(place);
  }
});

/** The project as it is reached at one node. */
function at(node: { url: string }, { ref, publishableKey }: { ref: string; publishableKey: string }) {
  return { url: `${node.url}/p/${ref}`, publishableKey };
}

function newestMessage(page: Page) {
  const rows = page.getByRole("table", { name: "Messages" }).getByRole("row");
  return rows.filter({ hasText: "broadcast" }).filter({ hasText: "hello" }).first();
}

/** From each region to each other one a median and a 99th percentile; nobody measures the way to itself. */
async function expectMatrix(page: Page, { run: { webUrl, nodes } }: Stack): Promise<void> {
  await page.goto(`${webUrl}/fleet`);
  const latency = page.getByRole("region", { name: "Latency between regions" });
  const rows = latency.getByRole("table").getByRole("row");
  await expect(rows).toHaveCount(1 + NODES);
  for (const { region } of nodes) {
    const cells = rows.filter({ has: page.getByRole("rowheader", { name: region }) }).getByRole("cell");
    await expect(cells.filter({ hasText: /\d\s*m?s.*\d\s*m?s/ })).toHaveCount(NODES - 1);
    await expect(cells.filter({ hasText: "–" })).toHaveCount(1);
  }
}
