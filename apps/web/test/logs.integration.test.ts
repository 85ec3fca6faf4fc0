import { afterAll, beforeAll, expect, test } from "vitest";
import type { LogParcel } from "../src/server/views/logs.ts";
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

/** Reads the log until `isThere` has seen what it waits for; the suite's own deadline ends a wait in vain. */
async function readLog(isThere: (parcel: LogParcel) => boolean, during?: () => Promise<unknown>) {
  const parcels: LogParcel[] = [];
  for await (const parcel of await caller.logs.tail({ ref })) {
    parcels.push(parcel);
    if (parcels.length === 1) await during?.();
    if (isThere(parcel)) break;
  }
  return parcels;
}

const codesOf = ({ entries }: LogParcel) => entries.map(({ code }) => code);

test("what is remembered comes first, what happens while one reads comes once", async () => {
  const created = await caller.keys.create({ ref, kind: "publishable", name: "web" });
  await plane.resources.db.changeGap.create({
    data: {
      projectRef: ref,
      fromLsn: "0/10",
      toLsn: "0/20",
      at: new Date(),
      cause: "slot-missing",
      tables: ["public.orders"],
      channels: 3,
      node: "local-1-1",
    },
  });
  const parcels = await readLog(
    (parcel) => codesOf(parcel).includes("key.revoke"),
    () => caller.keys.revoke({ ref, id: created.id }),
  );
  const [first] = parcels;
  if (!first) throw new Error("the log is silent");
  expect(codesOf(first)).toEqual(expect.arrayContaining(["project.create", "key.create", "ReplicationGap"]));
  expect(first.isControlUp).toBe(true);
  expect(first.entries.find(({ kind }) => kind === "gap")).toMatchObject({
    node: "local-1-1",
    sentence:
      "Changes of public.orders between 0/10 and 0/20 were lost: the slot was gone. 3 channels were told.",
  });
  const ids = parcels.flatMap(({ entries }) => entries.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  expect(parcels.flatMap(({ entries }) => entries).find(({ code }) => code === "key.revoke")).toMatchObject({
    kind: "change",
    who: ADMIN.email,
    sentence: expect.stringMatching(new RegExp(`^${ADMIN.email} revoked the key tw_publishable_`)),
  });
});

test("a project's log holds nothing of another", async () => {
  await caller.projects.create({
    name: "Other",
    region: "local-1",
    database: { kind: "own", url: "postgresql://x:y@127.0.0.1:1/a" },
  });
  await plane.resources.provisioning.settled();
  const [first] = await readLog(() => true);
  expect(first?.entries.filter(({ sentence }) => sentence.includes("Other"))).toEqual([]);
});
