/** `?q=` the filter, `?kinds=` chosen kinds, `?rate=` rows per second at most, `?trace=on` the way of broadcasts. */
export const INSPECTOR_PARAMS = { query: "q", kinds: "kinds", rate: "rate", trace: "trace" } as const;

const RATE_MAX = 500;
const RATE_DEFAULT = 200;

export function parseRate(text: string): number {
  const rate = Number(text);
  return Number.isInteger(rate) && rate >= 1 && rate <= RATE_MAX ? rate : RATE_DEFAULT;
}
