/** `?topic=` the topic whose members are shown; without it those of all. */
export function parsePresenceParams({ topic }: Record<string, unknown>): { topic: string } {
  return { topic: typeof topic === "string" ? topic : "" };
}
