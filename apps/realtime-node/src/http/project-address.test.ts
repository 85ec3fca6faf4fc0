import { describe, expect, test } from "vitest";
import { addressedProject, pathWithinProject } from "./project-address.ts";

const REF = "abcdefghijklmnopqrst";
const OTHER = "bbbbbbbbbbbbbbbbbbbb";
const token = (claims: unknown) => `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;

describe("the project a request means", () => {
  test.each([
    [
      "host label before path",
      { host: `${REF}.realtime.example.com`, path: `/p/${OTHER}/x`, credential: undefined },
      REF,
    ],
    ["host with a port", { host: `${REF}.localhost:4000`, path: "/", credential: undefined }, REF],
    [
      "path before key",
      { host: "localhost:4000", path: `/p/${REF}/x`, credential: token({ ref: OTHER }) },
      REF,
    ],
    ["key at last", { host: "localhost", path: "/socket/websocket", credential: token({ ref: REF }) }, REF],
    [
      "an unknown name in the path is still the answer",
      { host: "localhost", path: "/p/nobody", credential: token({ ref: REF }) },
      "nobody",
    ],
    ["nothing", { host: undefined, path: "/", credential: "not a token" }, undefined],
    [
      "a ref claim that is no reference",
      { host: "x", path: "/", credential: token({ ref: { toString: 1 } }) },
      undefined,
    ],
    [
      "an external id as the label, when nothing else names a project",
      { host: "realtime-dev.example.com:4000", path: "/", credential: token({ role: "anon" }) },
      "realtime-dev",
    ],
    [
      "a prefix before a label that may be an external id",
      { host: "api.example.com", path: `/p/${REF}/x`, credential: undefined },
      REF,
    ],
    ["an address of numbers", { host: "127.0.0.1:4000", path: "/", credential: undefined }, undefined],
    ["a host of one label", { host: "localhost:4000", path: "/", credential: undefined }, undefined],
  ])("%s", (_name, request, expected) => {
    expect(addressedProject(request)).toBe(expected);
  });

  test("the rest of the path is the same with and without the prefix", () => {
    expect(pathWithinProject(`/p/${REF}/realtime/v1/websocket`)).toBe("/realtime/v1/websocket");
    expect(pathWithinProject(`/p/${REF}`)).toBe("/");
    expect(pathWithinProject("/api/broadcast")).toBe("/api/broadcast");
  });
});
