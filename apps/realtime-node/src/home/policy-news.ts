import type { Bus, Subscription } from "../bus/bus.ts";
import { onNotices } from "../changes/notices.ts";

/** Questions under way at one time: more would only wait at the home, in front of somebody else's join. */
const ASKING_MAX = 256;

/** A channel whose grants come from policies. */
export interface PolicyWatcher {
  /** Print of the policies that its grants come from; undefined when the home did not know it yet. */
  readonly print: string | undefined;
  /** Asks again what it may do. Must not reject. */
  askAgain(): Promise<void>;
}

interface Watched {
  readonly watchers: Set<PolicyWatcher>;
  readonly subscription: Subscription;
}

/**
 * Brings changed policies to the channels of this node (rule A20). A home says with every beat which policies it found;
 * whoever has grants of others is asked again. Nothing is remembered between two beats, so a notice that was lost, a
 * home that moved, a check that failed or came too late are all made good by the next one.
 */
export class PolicyNews {
  readonly #bus: Pick<Bus, "subscribe">;
  readonly #projects = new Map<string, Watched>();
  readonly #waiting = new Set<PolicyWatcher>();
  readonly #asking = new Set<PolicyWatcher>();

  constructor(bus: Pick<Bus, "subscribe">) {
    this.#bus = bus;
  }

  /** Until the returned function is called. */
  watch(ref: string, watcher: PolicyWatcher): () => void {
    const watched = this.#projects.get(ref) ?? this.#open(ref);
    watched.watchers.add(watcher);
    return () => {
      this.#waiting.delete(watcher);
      if (!watched.watchers.delete(watcher) || watched.watchers.size > 0) return;
      watched.subscription.unsubscribe();
      this.#projects.delete(ref);
    };
  }

  #open(ref: string): Watched {
    const watchers = new Set<PolicyWatcher>();
    const subscription = onNotices(this.#bus, ref, (notice) => {
      if (notice.kind === "authorization") this.#hear(watchers, notice.print);
    });
    const watched = { watchers, subscription };
    this.#projects.set(ref, watched);
    return watched;
  }

  #hear(watchers: ReadonlySet<PolicyWatcher>, print: string): void {
    for (const watcher of watchers) {
      if (watcher.print !== print && !this.#asking.has(watcher)) this.#waiting.add(watcher);
    }
    this.#askSome();
  }

  #askSome(): void {
    for (const watcher of this.#waiting) {
      if (this.#asking.size >= ASKING_MAX) return;
      this.#waiting.delete(watcher);
      this.#asking.add(watcher);
      void watcher.askAgain().finally(() => {
        this.#asking.delete(watcher);
        this.#askSome();
      });
    }
  }
}
