import { expect, type Page } from "@playwright/test";

/** What the overview shows to an app's developer, and the keys page to its operator. */
export interface ShownProject {
  ref: string;
  url: string;
  publishableKey: string;
}

/** Through the wizard, with a managed database; ends on the new project's overview. */
export async function createProject(page: Page, name: string): Promise<ShownProject> {
  await page.goto("/projects/new");
  await page.getByLabel("Name").fill(name);
  await expect(page.getByRole("radio", { name: /local-1/ })).toBeChecked();
  await page.getByRole("button", { name: "Continue" }).click();
  await expect(page.getByRole("radio", { name: "Managed" })).toBeChecked();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Create project" }).click();
  await expect(page.getByText(`${name} is ready`)).toBeVisible({ timeout: 30_000 });
  await page.getByRole("link", { name: "Open project" }).click();
  return readShownProject(page);
}

export async function readShownProject(page: Page): Promise<ShownProject> {
  const connect = page.getByLabel("Connect", { exact: true });
  const shown = async (what: string) => {
    const title = await connect.getByRole("button", { name: `Copy ${what}` }).getAttribute("title");
    if (!title) throw new Error(`the overview shows no ${what}`);
    return title;
  };
  const url = await shown("project URL");
  const ref = new URL(url).pathname.split("/").at(-1) ?? "";
  return { ref, url, publishableKey: await shown("publishable key") };
}

/** The URL of the database's owner, as the keys page reveals it. */
export async function revealDatabaseUrl(page: Page, ref: string): Promise<string> {
  await page.goto(`/projects/${ref}/keys`);
  await page.getByRole("button", { name: "Reveal secrets" }).click();
  const title = await page.getByRole("button", { name: "Copy database URL" }).getAttribute("title");
  if (!title) throw new Error("the keys page shows no database URL");
  return title;
}
