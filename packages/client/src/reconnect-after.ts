/** The first attempt comes at once, because most losses are a deploy and another node is ready. */
const DELAYS_MS = [100, 500, 1_000, 2_000, 5_000] as const;
const LAST_DELAY_MS = 5_000;

/** With jitter of a factor between 0.5 and 1.5, so that the clients of a lost node do not all come in one moment. */
export function reconnectAfterMs(tries: number, random: () => number = Math.random): number {
  return (DELAYS_MS[tries - 1] ?? LAST_DELAY_MS) * (0.5 + random());
}
