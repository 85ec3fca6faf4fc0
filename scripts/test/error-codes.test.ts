import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { ERRORS } from "@tidewire/protocol/errors";
import { expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const SOURCES = ["apps/realtime-node/src", "apps/web/src", "packages/protocol/src", "packages/db/tenant"];

const said = new Set(
  SOURCES.flatMap((folder) =>
    readdirSync(ROOT + folder, { recursive: true, encoding: "utf8" })
      .filter((file) => /\.(ts|tsx|sql)$/.test(file) && !/\.test\.tsx?$|errors\//.test(file))
      .flatMap((file) => readFileSync(`${ROOT}${folder}/${file}`, "utf8").match(/\b[A-Z]\w+/g) ?? []),
  ),
);

test("[E1] every code of the table is said somewhere: what nothing sends is listed as such", () => {
  expect(Object.keys(ERRORS).filter((code) => !said.has(code))).toEqual([]);
});
