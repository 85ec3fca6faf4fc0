import type { Page } from "@playwright/test";

const INTERACTIVE = [
  "button",
  "link",
  "textbox",
  "searchbox",
  "combobox",
  "checkbox",
  "radio",
  "switch",
  "slider",
  "spinbutton",
  "tab",
  "option",
  "menuitem",
  "listbox",
  "dialog",
  "table",
  "region",
  "img",
] as const;

/** A node of the accessibility tree without a name in quotes: `- button`, `- textbox: typed text`. */
const UNNAMED = new RegExp(`^\\s*- (${INTERACTIVE.join("|")})\\b(?! ")`);

/** What a screen reader's user would meet as "button" and nothing more, as lines of the page's tree. */
export async function unnamedElements(page: Page): Promise<string[]> {
  const tree = await page.locator("body").ariaSnapshot();
  return tree
    .split("\n")
    .filter((line) => UNNAMED.test(line))
    .map((line) => line.trim());
}
