import { DbError } from "@tidewire/db/errors";
import { TRPCError } from "@trpc/server";
import { expect, test } from "vitest";
import { Problem } from "./problem.ts";
import { toTrpcError } from "./to-trpc-error.ts";

test("a problem keeps its sentence and gets its status", () => {
  const error = toTrpcError(new Problem("RoleTooLow", { least: "admin" }));
  expect(error.code).toBe("FORBIDDEN");
  expect(error.message).toBe("Your role does not allow this. It takes the role admin.");
});

test("a problem that tRPC has wrapped is found", () => {
  const wrapped = new TRPCError({ code: "INTERNAL_SERVER_ERROR", cause: new Problem("ProjectNotFound") });
  expect(toTrpcError(wrapped)).toMatchObject({
    code: "NOT_FOUND",
    message: "There is no such project here.",
  });
});

test("an absent control database is named, however it was noticed", () => {
  const refused = new Error("x", { cause: Object.assign(new Error("connect"), { code: "ECONNREFUSED" }) });
  for (const error of [new DbError("unavailable", "gone"), refused]) {
    expect(toTrpcError(error)).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      cause: { code: "ControlDatabaseDown" },
    });
  }
});

test("a node that is away is not the control database", () => {
  const cause = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  expect(toTrpcError(new Problem("NoNode", { cause }))).toMatchObject({ cause: { code: "NoNode" } });
});

test("what nobody foresaw shows nothing of itself", () => {
  const error = toTrpcError(new Error("password=hunter2"));
  expect(error.code).toBe("INTERNAL_SERVER_ERROR");
  expect(error.message).not.toContain("hunter2");
  expect(error.cause).toMatchObject({ message: "password=hunter2" });
});

test("a refusal of tRPC's own, such as a bad input, passes", () => {
  const bad = new TRPCError({ code: "BAD_REQUEST", message: "name is empty" });
  expect(toTrpcError(bad)).toBe(bad);
});
