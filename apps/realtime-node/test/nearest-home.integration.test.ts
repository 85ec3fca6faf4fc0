import { eventually } from "@tidewire/testkit/eventually";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createProjectDatabase } from "@tidewire/testkit/project-database";
import { afterAll, beforeAll, expect, test } from "vitest";
import { MemoryBroker } from "../src/bus/memory-bus.ts";
import { startChangesNode } from "./changes-node.ts";

const PATIENCE = { withinMs: 30_000 };
const SQL = `
  create table public.notes (id bigint generated always as identity primary key, body text);
  alter publication supabase_realtime add table public.notes;
`;

/** What a test says about one node's distance. */
function createNearness() {
  const said = { waitMs: 0, isMisrouted: false, candidate: false, ref: "" };
  return {
    said,
    standOff: () => new Promise<void>((resolve) => setTimeout(resolve, said.waitMs)),
    isMisrouted: () => said.isMisrouted,
    candidacies: () => (said.candidate ? [said.ref] : []),
  };
}

let postgres: TestPostgres;
beforeAll(async () => {
  postgres = await startTestPostgres({ settings: { wal_level: "logical", wal_writer_delay: "10ms" } });
});
afterAll(() => postgres?.[Symbol.asyncDispose]());

test("[P5] the node that waits less becomes the home; a home that is clearly farther hands over once, and no row is lost", async () => {
  await using database = await createProjectDatabase(postgres);
  await database.query(SQL);
  const broker = new MemoryBroker();
  const [farness, nearness] = [createNearness(), createNearness()];
  await using far = startChangesNode(database, { name: "far", broker, nearness: farness });
  await using near = startChangesNode(database, { name: "near", broker, nearness });
  const { ref } = far.project;
  for (const { said } of [farness, nearness]) said.ref = ref;

  nearness.said.waitMs = 5_000;
  const listener = far.listen([{ event: "*", schema: "public", table: "notes" }]);
  await listener.subscribed;
  await database.query("insert into notes (body) values ('before')");
  await eventually(() => expect(far.homes.refs).toEqual([ref]), PATIENCE);

  // Nobody is connected at the near node: it stands because it is near.
  nearness.said.waitMs = 0;
  farness.said.waitMs = 500;
  nearness.said.candidate = true;
  await eventually(() => expect(near.homes.snapshot(ref)).toBeNull(), PATIENCE);
  farness.said.isMisrouted = true;
  await eventually(() => expect(near.homes.snapshot(ref)).toMatchObject({ state: "streaming" }), PATIENCE);
  farness.said.isMisrouted = false;
  nearness.said.candidate = false;
  await eventually(() => expect(far.homes.refs).toEqual([]), PATIENCE);
  await database.query("insert into notes (body) values ('after')");
  await eventually(
    () => expect(listener.column("body"), JSON.stringify(listener.systems)).toEqual(["before", "after"]),
    PATIENCE,
  );
  expect(near.homes.refs).toEqual([ref]);
});
