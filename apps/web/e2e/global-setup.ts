import { createPlace, removePlace, startStack } from "../../../scripts/test/stack.ts";

/** One whole Tidewire for all browser tests; its `run.json` is where every test learns the rest. */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const place = await createPlace();
  const stack = await startStack(place);
  process.env.TIDEWIRE_E2E_HOME = place.home;
  return async () => {
    await stack.stop();
    removePlace(place);
  };
}
