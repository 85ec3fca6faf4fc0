/** @param {string} line */
export function say(line) {
  process.stdout.write(`${line}\n`);
}

/**
 * Shows that a long step is alive: a ticking line on a terminal, one line at start and end elsewhere.
 *
 * @template T
 * @param {string} label
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
export async function withProgress(label, work) {
  const startedMs = Date.now();
  const seconds = () => ((Date.now() - startedMs) / 1000).toFixed(1);
  const terminal = process.stdout.isTTY;
  const ticker = terminal
    ? setInterval(() => process.stdout.write(`\r  ${label} … ${seconds()} s`), 200)
    : undefined;
  if (!terminal) say(`  ${label} …`);
  try {
    const result = await work();
    clearInterval(ticker);
    process.stdout.write(`${terminal ? "\r" : ""}  ${label}: done in ${seconds()} s\n`);
    return result;
  } catch (error) {
    clearInterval(ticker);
    process.stdout.write(`${terminal ? "\r" : ""}  ${label}: failed after ${seconds()} s\n`);
    throw error;
  }
}
