const PARENT_POLL_MS = 500;

export interface StopRequest {
  requested: Promise<void>;
  isRequested(): boolean;
}

/**
 * Resolves at the first SIGINT or SIGTERM, or when the npm that runs us was ended: npm's shell does not pass the
 * signal on, it just disappears.
 */
export function stopRequested(): StopRequest {
  let asked = false;
  const requested = new Promise<void>((resolve) => {
    const stop = () => {
      asked = true;
      clearInterval(parentWatch);
      resolve();
    };
    const parent = process.ppid;
    const parentWatch = setInterval(() => {
      if (process.env.npm_lifecycle_event !== undefined && process.ppid !== parent) stop();
    }, PARENT_POLL_MS);
    // A start that failed has nobody left to wait for.
    parentWatch.unref();
    process.on("SIGINT", stop);
    process.on("SIGTERM", stop);
    process.on("SIGHUP", stop);
  });
  return { requested, isRequested: () => asked };
}
