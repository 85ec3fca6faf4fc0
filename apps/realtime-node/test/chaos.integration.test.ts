import { SUITE_SEED } from "@tidewire/testkit/suite-seed";
import { expect, test } from "vitest";
import { runChaos } from "./chaos/chaos.ts";

const SEED = Number(process.env.SEED ?? SUITE_SEED);
const CHAOS_MS = Number(process.env.TIDEWIRE_CHAOS_SECONDS ?? 60) * 1_000;
/** To open the house, to catch up, to close it. */
const AROUND_MS = 240_000;

test(
  "[R10] [R27] under killed walsenders, restarts, dying homes and hand-overs nothing is lost, nothing comes twice, and each loss is told and closed",
  async () => {
    console.log(`SEED=${SEED}`);
    const { faults, disruptions, ...figures } = await runChaos({ seed: SEED, forMs: CHAOS_MS });
    console.log(JSON.stringify({ ...figures, disruptions: disruptions.length }));
    const story = disruptions.map(({ atMs, kind, node }) => `${atMs} ms ${kind} ${node ?? ""}`).join("\n");
    expect(faults, `SEED=${SEED}\n${story}`).toEqual([]);
    expect(figures.transactions).toBeGreaterThan(0);
  },
  CHAOS_MS + AROUND_MS,
);
