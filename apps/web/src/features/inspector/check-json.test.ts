import { expect, test } from "vitest";
import { checkJsonObject } from "./check-json.ts";

test("an object can be sent", () => expect(checkJsonObject('{"a":1}')).toEqual({ ok: true }));

test.each(["[1]", "4", "null", '"x"'])("%s is JSON but no payload", (text) => {
  expect(checkJsonObject(text)).toMatchObject({ ok: false, reason: expect.stringContaining("JSON object") });
});

test("a mistake is told with its line", () => {
  const check = checkJsonObject('{\n  "a": 1,\n  oops\n}');
  expect(check).toMatchObject({ ok: false, reason: expect.stringMatching(/line 3/) });
});
