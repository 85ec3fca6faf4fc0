/** A user agent as an operator would say it: "Chrome 156 on Linux", "node"; the first word of what is not known. */
export function describeClient(userAgent: string | undefined): string {
  if (userAgent === undefined || userAgent === "") return "–";
  const browser = BROWSERS.find(([, pattern]) => pattern.test(userAgent));
  if (!browser) return userAgent.split(/[\s/(]/)[0] ?? userAgent;
  const version = browser[1].exec(userAgent)?.[1];
  const system = SYSTEMS.find(([, pattern]) => pattern.test(userAgent))?.[0];
  return [browser[0], version, system && `on ${system}`].filter(Boolean).join(" ");
}

// Most browsers name themselves and all those they wish to be taken for: the more particular comes first.
const BROWSERS: readonly [string, RegExp][] = [
  ["Edge", /Edg\/(\d+)/],
  ["Firefox", /Firefox\/(\d+)/],
  ["Chrome", /(?:Headless)?Chrome\/(\d+)/],
  ["Safari", /Version\/(\d+).*Safari/],
];
const SYSTEMS: readonly [string, RegExp][] = [
  ["Android", /Android/],
  ["iOS", /iPhone|iPad/],
  ["Windows", /Windows/],
  ["macOS", /Mac OS X/],
  ["Linux", /Linux/],
];
