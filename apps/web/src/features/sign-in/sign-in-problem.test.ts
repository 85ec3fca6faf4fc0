import { expect, test } from "vitest";
import { toSafeNext, toSignInProblem } from "./sign-in-problem.ts";

test("a wrong password does not say which of the two was wrong", () => {
  expect(toSignInProblem({ status: 401 }).sentence).toBe("E-mail or password is wrong.");
});

test("a lock-out says for how long", () => {
  expect(toSignInProblem({ status: 429, retryAfterSeconds: 7 }).waitSeconds).toBe(7);
  expect(toSignInProblem({ status: 429 }).waitSeconds).toBeGreaterThan(0);
});

test("an outage is not told as the reader's mistake", () => {
  expect(toSignInProblem({ status: 503, code: "CONTROL_DATABASE_DOWN" }).sentence).toContain(
    "control database",
  );
  expect(toSignInProblem({ status: 500, code: "SERVER_ERROR" }).sentence).toContain("on the server");
  expect(toSignInProblem({ status: 0 }).sentence).toContain("does not answer");
});

test.each([
  ["/projects/demo?q=1", "/projects/demo?q=1"],
  ["//evil.example", "/projects"],
  ["/\\evil.example", "/projects"],
  ["https://evil.example", "/projects"],
  [undefined, "/projects"],
])("after signing in %s leads to %s", (next, to) => expect(toSafeNext(next)).toBe(to));
