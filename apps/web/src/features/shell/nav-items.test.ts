import { expect, test } from "vitest";
import { isActive, pathInProject, refOfPath } from "./nav-items.ts";

test("the address names the project, and /projects/new is none", () => {
  expect(refOfPath("/projects/demo/inspector")).toBe("demo");
  expect(refOfPath("/projects/new")).toBeNull();
  expect(refOfPath("/fleet")).toBeNull();
});

test("switching the project keeps the page", () => {
  expect(pathInProject("/projects/demo/presence", "shop")).toBe("/projects/shop/presence");
  expect(pathInProject("/fleet", "shop")).toBe("/projects/shop");
});

test("the overview is not active on the pages below it", () => {
  expect(isActive("/projects/demo/presence", "/projects/demo")).toBe(false);
  expect(isActive("/projects/demo/presence", "/projects/demo/presence")).toBe(true);
  expect(isActive("/projects/new", "/projects")).toBe(false);
});
