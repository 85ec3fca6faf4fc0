import { expect, test } from "vitest";
import { toOwnMeta } from "./own-meta.ts";

test("what the protocol adds to a meta is left out", () => {
  expect(toOwnMeta('{"phx_ref":"F1","name":"Ada","phx_ref_prev":"F0"}')).toBe('{"name":"Ada"}');
});
