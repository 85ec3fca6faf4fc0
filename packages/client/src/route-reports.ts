import type { RealtimeClient } from "@supabase/realtime-js";
import { createId } from "./create-id.ts";
import { type RouteAsker, requestRoute } from "./route.ts";
import { letProcessEnd } from "./wake.ts";

/** Before the first measurement, and while there is no connection. */
const FIRST_MS = 1_000;
/** Unless the server asks for another interval. */
const EVERY_MS = 30_000;
const EVERY_MS_MIN = 100;
/** The first request of a probe may have to connect and is not counted; of the others the quickest is. */
const REQUESTS_PER_PROBE = 3;
const PROBE_MS_MAX = 3_000;
/** No right to read the answer is needed: that it came is enough. Browsers know these, Node ignores them. */
const UNREAD = { mode: "no-cors", cache: "no-store" } as const;

/** How far the regions are from this client, and what the server makes of it. */
export interface RouteReport {
  atMs: number;
  /** Round trips of small HTTP requests; the own region's first. */
  measured: { region: string; rttMs: number }[];
  /** Another region has been at least 30 ms better for a minute. */
  misrouted: boolean;
  betterRegion?: string;
  betterByMs?: number;
}

interface Place {
  region: string;
  probe: string;
}

interface Verdict {
  misrouted?: boolean;
  better_region?: string;
  better_by_ms?: number;
}

/**
 * Measures the way to this and to the other regions, and tells the server: a server knows only how far its own nodes are
 * from each other. Ends by itself at a server that does not know the question. The owner closes it.
 */
export class RouteReports {
  readonly #realtime: RouteAsker & Pick<RealtimeClient, "isConnected">;
  readonly #everyMs: number | undefined;
  /** For the server, which judges a minute's reports of one client. */
  readonly #name = createId();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #last: RouteReport | null = null;
  #closed = false;

  /** @param everyMs instead of what the server asks for */
  constructor(realtime: RouteAsker & Pick<RealtimeClient, "isConnected">, everyMs?: number) {
    this.#realtime = realtime;
    this.#everyMs = everyMs;
    this.#after(Math.min(FIRST_MS, everyMs ?? FIRST_MS));
  }

  /** Null before the first. */
  get last(): RouteReport | null {
    return this.#last;
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #after(ms: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#next(), Math.max(EVERY_MS_MIN, ms));
    letProcessEnd(this.#timer);
  }

  async #next(): Promise<void> {
    if (!this.#realtime.isConnected()) {
      this.#after(FIRST_MS);
      return;
    }
    try {
      const answer = await requestRoute(this.#realtime);
      if (!answer.ok) return;
      const route: unknown = await answer.json();
      await this.#report(placesOf(route));
      this.#after(this.#everyMs ?? everyMsOf(route));
    } catch {
      // Nothing hangs on one report; the connection itself is watched elsewhere.
      this.#after(this.#everyMs ?? EVERY_MS);
    }
  }

  async #report(places: readonly Place[]): Promise<void> {
    // With one region there is nothing to compare.
    if (places.length < 2) return;
    const measured: RouteReport["measured"] = [];
    for (const { region, probe } of places) {
      const rttMs = await this.#measure(probe);
      if (rttMs !== undefined) measured.push({ region, rttMs });
    }
    const list = measured.map(({ region, rttMs }) => ({ region, rtt_ms: rttMs }));
    const body = JSON.stringify({ client: this.#name, measured: list });
    const answer = await requestRoute(this.#realtime, { method: "POST", body });
    if (!answer.ok) return;
    const { misrouted = false, better_region, better_by_ms } = (await answer.json()) as Verdict;
    this.#last = {
      atMs: Date.now(),
      measured,
      misrouted,
      betterRegion: better_region,
      betterByMs: better_by_ms,
    };
  }

  /** Undefined when nobody answers there. */
  async #measure(probe: string): Promise<number | undefined> {
    const roundTrips: number[] = [];
    for (let request = 0; request < REQUESTS_PER_PROBE; request++) {
      const signal = AbortSignal.timeout(PROBE_MS_MAX);
      const startedMs = performance.now();
      try {
        await this.#realtime.fetch(probe, { ...UNREAD, signal });
      } catch {
        return undefined;
      }
      if (request > 0) roundTrips.push(performance.now() - startedMs);
    }
    return Math.min(...roundTrips);
  }
}

/** The own region first. What is no place is left out: the server may be of another version. */
function placesOf(route: unknown): Place[] {
  const alternatives = fieldOf(route, "alternatives");
  return [route, ...(Array.isArray(alternatives) ? alternatives : [])].flatMap((place) => {
    const [region, probe] = [fieldOf(place, "region"), fieldOf(place, "probe")];
    return typeof region === "string" && typeof probe === "string" ? [{ region, probe }] : [];
  });
}

function everyMsOf(route: unknown): number {
  const everyMs = fieldOf(route, "report_every_ms");
  return typeof everyMs === "number" ? everyMs : EVERY_MS;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
