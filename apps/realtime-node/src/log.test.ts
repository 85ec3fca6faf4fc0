import { expect, test } from "vitest";
import { createLog } from "./log.ts";

test("every line is redacted, also inside errors and children", () => {
  const lines: string[] = [];
  const log = createLog({
    level: "info",
    fields: { node: "n1" },
    destination: { write: (line) => void lines.push(line) },
  });

  log
    .child({ ref: "demo" })
    .error({ err: new Error("cannot reach postgresql://app:hunter2@db/x") }, "control database is away");
  log.debug({}, "not written");

  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toContain("hunter2");
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ level: "error", node: "n1", ref: "demo" });
});
