import { expect, test } from "vitest";
import { EnvError, readEnv } from "./env.ts";

const LEAST = {
  DATABASE_URL: "postgresql://owner@localhost/tidewire",
  TIDEWIRE_SECRETS_KEY: "a".repeat(44),
  TIDEWIRE_NODE_SECRET: "n".repeat(32),
  BETTER_AUTH_SECRET: "b".repeat(32),
};

test("what is not set falls back to what is", () => {
  expect(readEnv({ ...LEAST, PORT: "3100", TIDEWIRE_NODE_PORT: "4100" })).toMatchObject({
    managedDatabaseUrl: LEAST.DATABASE_URL,
    authUrl: "http://localhost:3100",
    nodePublicUrl: "http://localhost:4100",
    fleet: "process",
    signInLimit: 5,
  });
});

test("both names of loopback are trusted, on the port in use", () => {
  expect(readEnv({ ...LEAST, PORT: "3100" }).trustedOrigins).toEqual([
    "http://localhost:3100",
    "http://127.0.0.1:3100",
  ]);
  const env = {
    ...LEAST,
    BETTER_AUTH_URL: "https://tide.example.com/x",
    TIDEWIRE_TRUSTED_ORIGINS: "https://b.example.com, ",
  };
  expect(readEnv(env).trustedOrigins).toEqual(["https://tide.example.com", "https://b.example.com"]);
});

test("every missing variable is named at once", () => {
  const attempt = () =>
    readEnv({ DATABASE_URL: "mysql://x", TIDEWIRE_NODE_SECRET: "short", TIDEWIRE_SECRETS_KEY: "" });
  expect(attempt).toThrow(EnvError);
  for (const name of ["DATABASE_URL", "TIDEWIRE_NODE_SECRET", "TIDEWIRE_SECRETS_KEY", "BETTER_AUTH_SECRET"]) {
    expect(attempt).toThrow(name);
  }
});

test("the sign-in limit can be turned off", () => {
  expect(readEnv({ ...LEAST, TIDEWIRE_SIGN_IN_LIMIT: "off" }).signInLimit).toBeNull();
});
