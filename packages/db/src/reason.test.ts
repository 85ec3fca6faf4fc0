import { expect, test } from "vitest";
import { reasonOf } from "./reason.ts";

const failed = (message: string, fields: object = {}) => Object.assign(new Error(message), fields);

test.each([
  [
    failed("connect ECONNREFUSED 127.0.0.1:1", { code: "ECONNREFUSED" }),
    "nothing listens at that address (connection refused)",
  ],
  [
    new AggregateError([failed("x", { code: "ECONNREFUSED" })]),
    "nothing listens at that address (connection refused)",
  ],
  [failed("getaddrinfo ENOTFOUND nowhere", { code: "ENOTFOUND" }), "the host name is not known"],
  [
    failed('password authentication failed for user "x"', { code: "28P01" }),
    "the user name or password is wrong",
  ],
  [failed("timeout expired"), "the server did not answer in time"],
  [
    failed("permission denied", { detail: "You are x.", hint: "Be y." }),
    "permission denied; You are x.; Be y.",
  ],
  ["text", "text"],
])("%o is told as %s", (error, sentence) => {
  expect(reasonOf(error)).toBe(sentence);
});
