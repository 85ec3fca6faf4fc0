import { hashApiKey } from "@tidewire/db/api-key-format";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ADMIN, startControlPlane, type TestControlPlane } from "./control-plane.ts";
import { type Caller, signInAs } from "./sign-in.ts";

const ref = "demo0000000000000000";
let plane: TestControlPlane;
let caller: Caller;
beforeAll(async () => {
  plane = await startControlPlane();
  caller = await signInAs(plane.resources, ADMIN.email);
});
afterAll(() => plane[Symbol.asyncDispose]());

test("a secret key is seen once; afterwards only its beginning is", async () => {
  const created = await caller.keys.create({ ref, kind: "secret", name: "backend" });
  expect(created.key).toMatch(/^tw_secret_/);
  const listed = (await caller.keys.list({ ref })).keys.find(({ id }) => id === created.id);
  expect(listed).toMatchObject({ kind: "secret", name: "backend", key: null });
  expect(created.key.startsWith(listed?.prefix ?? "-")).toBe(true);
  const row = await plane.resources.db.apiKey.findUniqueOrThrow({ where: { id: created.id } });
  expect(row.hash).toBe(hashApiKey(created.key));
  expect(JSON.stringify(row)).not.toContain(created.key);
});

test("a rotated key goes on beside its successor until its end; a revoked one ends at once", async () => {
  const old = await caller.keys.create({ ref, kind: "publishable", name: "web" });
  const successor = await caller.keys.rotate({ ref, id: old.id });
  expect(successor.key).not.toBe(old.key);
  await caller.keys.revoke({ ref, id: successor.id });
  const { keys } = await caller.keys.list({ ref });
  expect(keys.find(({ id }) => id === old.id)?.expiresAtMs).toBeGreaterThan(Date.now());
  expect(keys.find(({ id }) => id === successor.id)?.revokedAtMs).toBeLessThanOrEqual(Date.now());
});

test("a key of nowhere is refused", async () => {
  await expect(caller.keys.revoke({ ref, id: "00000000-0000-4000-8000-000000000000" })).rejects.toThrow(
    "no such key",
  );
});

test("every look at the secrets is written down, without the secrets", async () => {
  const { serviceRoleKey, jwtSecret, databaseUrl } = await caller.keys.reveal({ ref });
  expect(serviceRoleKey).toMatch(/^eyJ/);
  expect(databaseUrl).toMatch(new RegExp(`^postgresql://tw_${ref}:[^@]+@.*/tw_${ref}$`));
  const [event] = await plane.resources.db.auditEvent.findMany({ where: { action: "key.reveal" } });
  expect(event).toMatchObject({ actor: ADMIN.email, projectRef: ref });
  const all = JSON.stringify(
    await plane.resources.db.auditEvent.findMany({ select: { before: true, after: true, target: true } }),
  );
  for (const secret of [serviceRoleKey, jwtSecret, databaseUrl]) expect(all).not.toContain(secret);
});
