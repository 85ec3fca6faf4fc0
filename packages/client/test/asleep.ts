import type { Browser } from "@playwright/test";

/** A browser that does not run; `wake`, or the end of the scope, lets it go on. */
export interface Sleep extends Disposable {
  wake(): void;
}

/**
 * Stops every process of the browser, as the sleep of a laptop does: no timer, no script and no answer to a ping. Nothing
 * may be asked of the browser until it wakes.
 */
export async function fallAsleep(browser: Browser): Promise<Sleep> {
  const session = await browser.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  await session.detach();
  const pids = processInfo.map(({ id }) => id);
  let isAsleep = true;
  const wake = () => {
    if (!isAsleep) return;
    isAsleep = false;
    for (const pid of pids) signal(pid, "SIGCONT");
  };
  for (const pid of pids) signal(pid, "SIGSTOP");
  return { wake, [Symbol.dispose]: wake };
}

/** A helper process of the browser may have ended by itself. */
function signal(pid: number, name: "SIGSTOP" | "SIGCONT"): void {
  try {
    process.kill(pid, name);
  } catch {
    // It is gone.
  }
}
