import type { Page } from "@playwright/test";
import { signUserToken } from "@tidewire/testkit/tokens";
import { openApp } from "./app-client.ts";
import { expect, test } from "./fixtures.ts";
import { demoProject } from "./run.ts";

const ADA = "a0000000-0000-4000-8000-00000000000a";
const BOB = "b0000000-0000-4000-8000-00000000000b";
const POLICY = "users read inbox:<their id>";

test("a policy from a template lets in whom the simulator says, until it is dropped", async ({ page }) => {
  const project = demoProject();
  await page.goto(`/projects/${project.ref}/policies`);
  await page.getByRole("button", { name: "New policy on realtime.messages" }).click();
  const panel = page.getByRole("dialog", { name: "New policy" });
  await expect(panel.getByRole("radio", { name: /topic of their own id/ })).toBeChecked();
  await panel.getByLabel("Topics begin with").fill("inbox:");
  await expect(panel.getByRole("region", { name: "SQL to be run" })).toContainText(
    `create policy "${POLICY}" on realtime.messages`,
  );
  await panel.getByRole("button", { name: "Create policy" }).click();
  const policy = page.getByRole("listitem", { name: POLICY });
  await expect(policy).toContainText(
    "Signed-in users may read broadcast and presence on the topic inbox:<their id>.",
  );

  const topic = `inbox:${ADA}`;
  await simulate(page, ADA, topic);
  await expect(decision(page, "read broadcast")).toContainText(`${POLICY} says yes.`);
  await expect(page.getByRole("region", { name: "Result" })).toContainText("is accepted");
  await simulate(page, BOB, topic);
  await expect(page.getByRole("region", { name: "Result" })).toContainText("is refused");
  await expect(policy).toContainText("says no");

  const join = async (sub: string) => {
    await using app = openApp(project);
    await app.client.realtime.setAuth(signUserToken(project.jwtSecret, { sub }));
    await app.join(topic, undefined, { config: { private: true } });
  };
  await join(ADA);
  await expect(join(BOB)).rejects.toThrow("CHANNEL_ERROR");

  await simulate(page, ADA, topic);
  await expect(page.getByRole("region", { name: "Result" })).toContainText("is accepted");
  await policy.getByRole("button", { name: `Drop ${POLICY}` }).click();
  const question = page.getByRole("dialog", { name: `Drop the policy ${POLICY}` });
  await expect(question).toContainText(`drop policy "${POLICY}" on realtime.messages;`);
  await question.getByRole("button", { name: "Dry run" }).click();
  await expect(question.getByRole("list", { name: "Effects" })).toContainText("− read broadcast");
  await question.getByRole("button", { name: "Drop policy" }).click();
  await expect(policy).toHaveCount(0);
  await expect(page.getByRole("region", { name: "Result" })).toContainText("is refused");

  await page.goto(`/projects/${project.ref}/logs`);
  const rows = page.getByRole("table", { name: "Log" }).getByRole("row");
  await expect(rows.filter({ hasText: "database.drop-policy" }).first()).toContainText(POLICY);
  await rows.filter({ hasText: "Unauthorized" }).filter({ hasText: topic }).first().click();
  await page.getByRole("link", { name: "Simulate this topic" }).click();
  await expect(page.getByRole("textbox", { name: "Topic" })).toHaveValue(topic);
});

async function simulate(page: Page, user: string, topic: string): Promise<void> {
  await page.getByRole("combobox", { name: "User" }).fill(user);
  await page.getByRole("textbox", { name: "Topic" }).fill(topic);
  await page.getByRole("button", { name: "Simulate" }).click();
}

function decision(page: Page, question: string) {
  return page.getByRole("list", { name: "Decisions" }).getByRole("listitem", { name: question });
}
