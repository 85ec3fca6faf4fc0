/**
 * The seed of every random test. Fixed, so that a red run is about the change and not about the day; `npm run fuzz`
 * takes a new one each time, and a failing run repeats with the one that it printed.
 */
export const SUITE_SEED = Number(process.env.TIDEWIRE_FUZZ_SEED ?? 20_261_121);
