import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ProjectRecord } from "@tidewire/db/node-store";
import { generateSecretsKey, parseSecretsKey, SecretUnreadable } from "@tidewire/db/secrets";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { afterEach, beforeEach, expect, test } from "vitest";
import { LastKnownGood } from "../src/projects/last-known-good.ts";

const RECORD: ProjectRecord = {
  ref: "demo0000000000000000",
  name: "Demo",
  region: "local-1",
  databaseUrl: "postgresql://app:hunter2@127.0.0.1/demo",
  jwtSecret: "very secret",
  jwks: null,
  limits: ProjectLimits.parse({}),
  settings: ProjectSettings.parse({}),
  keys: [{ kind: "secret", hash: "ab" }],
  version: 4,
};

let stateDir: string;
const key = parseSecretsKey(generateSecretsKey());
const create = (options = { stateDir, key }) =>
  new LastKnownGood({
    ...options,
    onFault: (cause) => {
      throw cause;
    },
  });

beforeEach(async () => {
  stateDir = await mkdtemp(join(tmpdir(), "tidewire-lkg-"));
});
afterEach(() => rm(stateDir, { recursive: true, force: true }));

test("[P9] what was saved is read back by the next life of the node", async () => {
  const writer = create();
  expect(await writer.read()).toBeNull();
  writer.save(() => []);
  writer.save(() => [RECORD]);
  await writer.flush();
  expect(await create().read()).toEqual([RECORD]);
});

test("the file holds no readable secret, is the owner's alone, and nothing half-written stays behind", async () => {
  const writer = create();
  writer.save(() => [RECORD]);
  await writer.flush();
  const path = join(stateDir, "projects.sealed");
  expect(await readFile(path, "utf8")).not.toMatch(/hunter2|very secret|demo/);
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(await readdir(stateDir)).toEqual(["projects.sealed"]);
});

test("another key or a damaged file is an error, not a project", async () => {
  const writer = create();
  writer.save(() => [RECORD]);
  await writer.flush();
  await expect(create({ stateDir, key: parseSecretsKey(generateSecretsKey()) }).read()).rejects.toThrow(
    SecretUnreadable,
  );
  await writeFile(join(stateDir, "projects.sealed"), "v1.x");
  await expect(create().read()).rejects.toThrow(SecretUnreadable);
});

test("a left-over of a crash does not keep the next write from happening", async () => {
  await writeFile(join(stateDir, "projects.sealed.new"), "half");
  const writer = create();
  writer.save(() => [RECORD]);
  await writer.flush();
  expect(await create().read()).toHaveLength(1);
});
