export const CONNECTION_TABS = ["live", "refusals"] as const;
export type ConnectionTab = (typeof CONNECTION_TABS)[number];

export function parseTab(text: string): ConnectionTab {
  return CONNECTION_TABS.find((tab) => tab === text) ?? "live";
}
