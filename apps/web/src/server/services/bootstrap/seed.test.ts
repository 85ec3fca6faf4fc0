import { expect, test } from "vitest";
import { parseSeed, SeedUnusable } from "./seed.ts";

const parse = (projects: unknown) => parseSeed(JSON.stringify({ projects }), "seed.json");

test("a seed names projects, and limits that differ from the defaults", () => {
  const [project] = parse([
    { name: "Demo", ref: "demo0000000000000000", limits: { maxEventsPerSecond: 1_000_000 } },
  ]);
  expect(project).toMatchObject({ name: "Demo", ref: "demo0000000000000000" });
  expect(project?.limits?.maxEventsPerSecond).toBe(1_000_000);
});

test.each([
  ["not json", "is not JSON"],
  ["{}", "projects"],
  ['{"projects":[{"name":""}]}', "projects.0.name"],
  ['{"projects":[{"name":"a","ref":"short"}]}', "projects.0.ref"],
  ['{"projects":[{"name":"a","limits":{"maxEventPerSecond":5}}]}', "maxEventPerSecond"],
])("%s is refused with the place of the mistake", (text, hint) => {
  expect(() => parseSeed(text, "seed.json")).toThrow(SeedUnusable);
  expect(() => parseSeed(text, "seed.json")).toThrow(hint);
});
