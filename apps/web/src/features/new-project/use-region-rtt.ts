"use client";
import { useEffect, useState } from "react";
import type { RegionView } from "#server/views/fleet.ts";

const PROBES = 3;
const PROBE_MS_MAX = 3_000;

/**
 * Round trips from this browser to one node of each region, in ms; the best of three, because the first one also opens
 * the connection. A region that could not be reached from here is absent.
 */
export function useRegionRtt(regions: readonly RegionView[]): ReadonlyMap<string, number> {
  const [roundTrips, setRoundTrips] = useState<ReadonlyMap<string, number>>(new Map());
  const targets = regions
    .flatMap(({ id, nodes }) => {
      const node = nodes.find(({ health }) => health === "healthy");
      return node ? [`${id} ${node.url}`] : [];
    })
    .join("\n");

  useEffect(() => {
    const abort = new AbortController();
    for (const target of targets.split("\n").filter((line) => line !== "")) {
      const [region = "", url = ""] = target.split(" ");
      void probe(url, abort.signal).then((ms) => {
        if (ms !== null && !abort.signal.aborted) setRoundTrips((known) => new Map(known).set(region, ms));
      });
    }
    return () => abort.abort();
  }, [targets]);
  return roundTrips;
}

async function probe(url: string, stopped: AbortSignal): Promise<number | null> {
  let best: number | null = null;
  for (let count = 0; count < PROBES; count++) {
    try {
      const startedMs = performance.now();
      const signal = AbortSignal.any([stopped, AbortSignal.timeout(PROBE_MS_MAX)]);
      // The answer itself is of no interest, only that it came; so no CORS permission is needed.
      await fetch(`${url}/livez`, { mode: "no-cors", cache: "no-store", signal });
      best = Math.min(best ?? Number.POSITIVE_INFINITY, performance.now() - startedMs);
    } catch {
      return best;
    }
  }
  return best;
}
