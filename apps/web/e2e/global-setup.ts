import { request } from "@playwright/test";
import { createPlace, removePlace, startStack } from "../../../scripts/test/stack.ts";
import { signedInState } from "./fixtures.ts";
import { readRun } from "./run.ts";

/**
 * One whole Tidewire and one session for all browser tests; its `run.json` is where every test learns the rest. With
 * TIDEWIRE_E2E_HOME set, the one that runs from there is used instead.
 */
export default async function globalSetup(): Promise<() => Promise<void>> {
  const end = process.env.TIDEWIRE_E2E_HOME ? async () => undefined : await startOwnStack();
  const { webUrl, admin } = readRun();
  const http = await request.newContext({ baseURL: webUrl, extraHTTPHeaders: { origin: webUrl } });
  const signedIn = await http.post("/api/auth/sign-in/email", { data: admin });
  if (!signedIn.ok()) throw new Error(`sign-in failed: ${signedIn.status()} ${await signedIn.text()}`);
  await http.storageState({ path: signedInState() });
  await http.dispose();
  return end;
}

async function startOwnStack(): Promise<() => Promise<void>> {
  const place = await createPlace();
  const stack = await startStack(place);
  process.env.TIDEWIRE_E2E_HOME = place.home;
  return async () => {
    await stack.stop();
    removePlace(place);
  };
}
