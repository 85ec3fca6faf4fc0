import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { EnvError, readEnv } from "./env.ts";

const GOOD = {
  TIDEWIRE_NODE_ID: "node-1",
  TIDEWIRE_CONTROL_DATABASE_URL: "postgresql://node:x@127.0.0.1:5432/tidewire",
  TIDEWIRE_SECRETS_KEY: randomBytes(32).toString("base64"),
  TIDEWIRE_NODE_SECRET: "s".repeat(32),
  TIDEWIRE_STATE_DIR: "state",
};

test("what is not said has a default", () => {
  expect(readEnv(GOOD)).toMatchObject({
    nodeId: "node-1",
    region: "local-1",
    host: "127.0.0.1",
    port: 4000,
    adminPort: 4900,
    publicUrl: undefined,
    adminUrl: undefined,
    natsUrl: undefined,
    drainMs: 5_000,
    grantsFreshMs: 3_000,
    ownerPid: undefined,
    logLevel: "info",
  });
});

test("an empty variable is a variable that is not set", () => {
  expect(readEnv({ ...GOOD, NATS_URL: "", TIDEWIRE_PORT: "" })).toMatchObject({
    natsUrl: undefined,
    port: 4000,
  });
});

test("behind a network of containers a node is told the names it is reached by", () => {
  const told = { TIDEWIRE_PUBLIC_URL: "https://eu.example.com", TIDEWIRE_ADMIN_URL: "http://node-1:4900/" };
  expect(readEnv({ ...GOOD, ...told })).toMatchObject({
    publicUrl: "https://eu.example.com",
    adminUrl: "http://node-1:4900",
  });
});

test.each([
  [
    { TIDEWIRE_ADMIN_URL: "node-1:4900" },
    "TIDEWIRE_ADMIN_URL must be a URL that starts with http:// or https://.",
  ],
  [{ TIDEWIRE_CONTROL_DATABASE_URL: undefined }, "TIDEWIRE_CONTROL_DATABASE_URL is not set."],
  [
    { TIDEWIRE_CONTROL_DATABASE_URL: "mysql://x" },
    "TIDEWIRE_CONTROL_DATABASE_URL must be a URL that starts with postgresql:// or postgres://.",
  ],
  [
    { TIDEWIRE_SECRETS_KEY: "short" },
    "TIDEWIRE_SECRETS_KEY must be 32 bytes in base64 (openssl rand -base64 32).",
  ],
  [{ TIDEWIRE_NODE_SECRET: "short" }, "TIDEWIRE_NODE_SECRET must have at least 32 characters."],
  [{ TIDEWIRE_PORT: "http" }, "TIDEWIRE_PORT must be a number."],
  [{ TIDEWIRE_PORT: "70000" }, "TIDEWIRE_PORT must be at most 65535."],
  [{ TIDEWIRE_NODE_ID: "a b" }, "TIDEWIRE_NODE_ID must be 1 to 64 letters, digits, - or _."],
  [
    { NATS_URL: "http://x" },
    "NATS_URL must be a URL that starts with nats:// or tls://, or several separated by commas.",
  ],
  [{ NATS_CA_FILE: "/nowhere/ca.pem" }, "NATS_CA_FILE must be a file that this process can read."],
  [{ NATS_CERT_FILE: import.meta.filename }, "NATS_CERT_FILE and NATS_KEY_FILE must be set together."],
  [{ TIDEWIRE_OWNER_PID: "-1" }, "TIDEWIRE_OWNER_PID must be a process id."],
  [{ LOG_LEVEL: "loud" }, "LOG_LEVEL must be one of trace, debug, info, warn, error, fatal, silent."],
])("a wrong variable is one sentence: %o", (change, sentence) => {
  expect(() => readEnv({ ...GOOD, ...change })).toThrow(new EnvError(sentence));
});

test("every wrong variable is named at once", () => {
  expect(() => readEnv({})).toThrow(
    /TIDEWIRE_CONTROL_DATABASE_URL.*\n.*TIDEWIRE_SECRETS_KEY.*\n.*TIDEWIRE_NODE_SECRET/,
  );
});
