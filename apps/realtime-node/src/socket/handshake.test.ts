import { Refusal } from "@tidewire/protocol/errors";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { describe, expect, test } from "vitest";
import { UnusableToken } from "../auth/token.ts";
import { TrustedProxies } from "../http/client-address.ts";
import { admit, type Gate, type HandshakeProject, toHttpAnswer } from "./handshake.ts";
import { isSocketPath } from "./socket-path.ts";
import { chooseProtocol, parseUpgrade } from "./upgrade-request.ts";

const REF = "abcdefghijklmnopqrst";
const OTHER = "bbbbbbbbbbbbbbbbbbbb";

function project(ref = REF, { suspended = false, joins = true } = {}): HandshakeProject {
  const record = {
    ref,
    name: ref,
    region: "r",
    databaseUrl: "",
    jwtSecret: "s",
    jwks: null,
    limits: ProjectLimits.parse({ maxConcurrentUsers: 2 }),
    settings: ProjectSettings.parse({ suspended }),
    keys: [],
    version: 1,
  };
  return { ref, record, rates: { peek: () => (joins ? { ok: true } : { ok: false, retryAfterMs: 1 }) } };
}

function gate(overrides: Partial<Gate<HandshakeProject>> = {}): Gate<HandshakeProject> {
  return {
    isDraining: () => false,
    find: async (ref) => (ref === REF ? project() : undefined),
    identify: async (token) => ({ token, claims: { role: "anon" }, expiresAtMs: null }),
    users: () => 0,
    ...overrides,
  };
}

function request(url: string, headers: Record<string, string> = {}) {
  const arrived = { url, headers: { host: "localhost:4000", ...headers }, socket: {} };
  return parseUpgrade(arrived, new TrustedProxies());
}

async function answer(url: string, overrides: Partial<Gate<HandshakeProject>> = {}, headers = {}) {
  const decision = await admit(request(url, headers), gate(overrides));
  if (!("refusal" in decision)) return "welcome";
  const [head, body] = toHttpAnswer(decision.refusal).split("\r\n\r\n");
  return `${head?.split(" ")[1]} ${body}`;
}

const unverified = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;

describe("[1.4] handshake checks", () => {
  const path = `/p/${REF}/socket/websocket`;

  test("a good request is welcome", async () => {
    expect(await answer(`${path}?apikey=k&vsn=2.0.0`)).toBe("welcome");
  });

  test.each([
    ["[1.2] an unknown vsn has an empty 403", `${path}?apikey=k&vsn=3.0.0`, {}, "403 "],
    ["no project at all", "/socket/websocket?apikey=k", {}, '404 {"error":"Tenant not found"}'],
    [
      "a suspended project",
      path,
      { find: async () => project(REF, { suspended: true }) },
      '403 {"error":"Realtime was disabled for this tenant"}',
    ],
    ["no key", path, {}, '401 {"error":"API key is missing"}'],
    [
      "[12.3] a token that cannot be judged",
      `${path}?apikey=k`,
      { identify: async () => Promise.reject(new UnusableToken("x")) },
      '500 {"error":"Error connecting to Realtime"}',
    ],
    [
      "an expired token is not told its age here",
      `${path}?apikey=k`,
      {
        identify: async () =>
          Promise.reject(new Refusal("InvalidJWTToken", { message: "Token has expired 7 seconds ago" })),
      },
      '401 {"error":"Token has expired"}',
    ],
    ["too many users", `${path}?apikey=k`, { users: () => 2 }, '429 {"error":"Too many connected users"}'],
    [
      "too many joins",
      `${path}?apikey=k`,
      { find: async () => project(REF, { joins: false }) },
      '429 {"error":"Too many joins per second"}',
    ],
    [
      "a control database that is away",
      `${path}?apikey=k`,
      { find: async () => Promise.reject(new Error("away")) },
      '500 {"error":"Error connecting to Realtime"}',
    ],
  ])("%s", async (_, url, overrides, expected) => {
    expect(await answer(url, overrides)).toBe(expected);
  });

  test("the checks come in the protocol's order", async () => {
    const worst = {
      find: async () => project(REF, { suspended: true, joins: false }),
      identify: async () => Promise.reject(new Refusal("JwtSignatureError")),
      users: () => 99,
    };
    expect(await answer(path, { ...worst, find: async () => undefined })).toContain("404");
    expect(await answer(path, worst)).toContain("403");
    const active = { ...worst, find: async () => project(REF, { joins: false }) };
    expect(await answer(path, active)).toContain("API key is missing");
    expect(await answer(`${path}?apikey=k`, active)).toContain("Failed to validate JWT signature");
    const known = { find: active.find, users: active.users };
    expect(await answer(`${path}?apikey=k`, known)).toContain("Too many connected users");
  });
});

describe("the project of a request", () => {
  const find = async (ref: string) => (ref === REF || ref === OTHER ? project(ref) : undefined);

  async function refOf(url: string, headers: Record<string, string> = {}) {
    const decision = await admit(request(url, headers), gate({ find }));
    return "refusal" in decision ? decision.refusal.code : decision.project.ref;
  }

  test("host label, then path, then the key's ref claim", async () => {
    const key = unverified({ ref: OTHER });
    expect(await refOf(`/p/${OTHER}/socket/websocket?apikey=k`, { host: `${REF}.example.com` })).toBe(REF);
    expect(await refOf(`/p/${REF}/realtime/v1/websocket?apikey=${key}`)).toBe(REF);
    expect(await refOf(`/realtime/v1/websocket?apikey=${key}`)).toBe(OTHER);
  });

  test("a host label that is no ref does not count", async () => {
    expect(await refOf(`/p/${REF}/socket/websocket?apikey=k`, { host: "realtime.example.com" })).toBe(REF);
  });

  test("a ref that leads nowhere is no project", async () => {
    expect(await refOf("/p/nobody/socket/websocket?apikey=k")).toBe("TenantNotFound");
  });
});

describe("[1.2] where the key is found", () => {
  test.each([
    ["x-api-key wins over apikey", "/socket/websocket?apikey=query", { "x-api-key": "header" }, "header"],
    ["[12.1] an empty key is a key", "/socket/websocket?apikey=", {}, ""],
    [
      "[1.5] the phoenix client's bearer sub-protocol",
      "/socket/websocket",
      {
        "sec-websocket-protocol": `phoenix, base64url.bearer.phx.${Buffer.from("tok").toString("base64url")}`,
      },
      "tok",
    ],
    ["the header of the phoenix client's polls", "/socket/longpoll", { "x-phoenix-authtoken": "tok" }, "tok"],
    ["none", "/socket/websocket", {}, undefined],
  ])("%s", (_, url, headers, expected) => {
    expect(request(url, headers).token).toBe(expected);
  });

  test("[1.5] phoenix is echoed only beside a bearer protocol", () => {
    expect(chooseProtocol(new Set(["phoenix", "base64url.bearer.phx.abc"]))).toBe("phoenix");
    expect(chooseProtocol(new Set(["phoenix"]))).toBe(false);
  });

  test.each(["/socket", "/socket/websocket/", "/p/x/api", "/"])("%s is no socket path", (url) => {
    expect(isSocketPath(url)).toBe(false);
  });
});
