import { expect, test } from "vitest";
import { readSetupSettings } from "./settings.ts";

const GOOD = {
  DATABASE_URL: "postgresql://postgres:x@postgres:5432/tidewire",
  TIDEWIRE_NODE_DATABASE_PASSWORD: "p".repeat(16),
  TIDEWIRE_SECRETS_KEY: Buffer.alloc(32, 1).toString("base64"),
  BETTER_AUTH_SECRET: "s".repeat(32),
  TIDEWIRE_ADMIN_PASSWORD: "correct horse",
};

test("what is not said has a default", () => {
  expect(readSetupSettings({ ...GOOD, TIDEWIRE_SEED: "" })).toMatchObject({
    managedUrl: GOOD.DATABASE_URL,
    admin: { email: "admin@tidewire.local", password: "correct horse" },
    regions: ["local-1"],
    seedFile: undefined,
  });
});

test("regions are a list, the first one is home of the seeded projects", () => {
  expect(readSetupSettings({ ...GOOD, TIDEWIRE_REGIONS: "eu,us" }).regions).toEqual(["eu", "us"]);
});

test("every variable that is not usable is named at once, as compose passes them: empty", () => {
  expect(() => readSetupSettings({ ...GOOD, DATABASE_URL: "", TIDEWIRE_ADMIN_PASSWORD: "" })).toThrow(
    new Error("DATABASE_URL is not set.\nTIDEWIRE_ADMIN_PASSWORD is not set."),
  );
});

test.each([
  [{ TIDEWIRE_REGIONS: "eu, us" }, "TIDEWIRE_REGIONS"],
  [{ TIDEWIRE_SECRETS_KEY: "short" }, "TIDEWIRE_SECRETS_KEY must be 32 bytes"],
  [{ TIDEWIRE_NODE_DATABASE_PASSWORD: "short" }, "TIDEWIRE_NODE_DATABASE_PASSWORD"],
  [{ TIDEWIRE_ADMIN_EMAIL: "admin" }, "TIDEWIRE_ADMIN_EMAIL"],
])("%o is refused", (change, sentence) => {
  expect(() => readSetupSettings({ ...GOOD, ...change })).toThrow(sentence);
});
