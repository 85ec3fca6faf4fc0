/** A timer this late means that the process or the page was asleep. */
const ASLEEP_MS = 4_000;
const TICK_MS = 1_000;

/** What a page offers; a server process has none of it. */
interface Page extends Partial<EventTarget> {
  readonly document?: EventTarget & { readonly visibilityState: string };
}

/** Every field is optional, so that any global object is one. */
function thisPage(): Page {
  return globalThis as Page;
}

/**
 * Tells when this program has been away: the machine slept, the page was frozen, the network came back. Returns the way to
 * stop. Hidden pages have slow timers by design, which is no sleep.
 */
export function watchWake(onWake: () => void, page = thisPage()): () => void {
  const { document } = page;
  const isHidden = () => document?.visibilityState === "hidden";
  let lastMs = Date.now();
  const timer = setInterval(() => {
    const nowMs = Date.now();
    if (nowMs - lastMs > ASLEEP_MS && !isHidden()) onWake();
    lastMs = nowMs;
  }, TICK_MS);
  letProcessEnd(timer);

  const onVisible = () => {
    if (!isHidden()) onWake();
  };
  document?.addEventListener("visibilitychange", onVisible);
  document?.addEventListener("resume", onWake);
  page.addEventListener?.("online", onWake);
  return () => {
    clearInterval(timer);
    document?.removeEventListener("visibilitychange", onVisible);
    document?.removeEventListener("resume", onWake);
    page.removeEventListener?.("online", onWake);
  };
}

/** In Node a timer is an object, and nobody's process should live on for this one. */
export function letProcessEnd(timer: unknown): void {
  if (typeof timer !== "object" || timer === null || !("unref" in timer)) return;
  if (typeof timer.unref === "function") timer.unref();
}
