import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { describe, expect, test } from "vitest";
import { createDeferred } from "../deferred.ts";
import { GrantCache } from "./grant-cache.ts";

const YES: Grants = { broadcast: true };
const NO: Grants = { broadcast: false };

function request(overrides: Partial<AuthorizeRequest> = {}): AuthorizeRequest {
  return {
    kind: "authorize",
    action: "read",
    topic: "t",
    claims: { role: "r", sub: "s" },
    headers: {},
    extensions: ["broadcast"],
    ...overrides,
  };
}

function cacheAt({ freshMs = 3_000 } = {}) {
  const time = { nowMs: 0 };
  const cache = new GrantCache({ monotonicMs: () => time.nowMs }, freshMs);
  const asked: AuthorizeRequest[] = [];
  const get = (each = request(), answer: () => Promise<Grants> = async () => YES) =>
    cache.get(
      each,
      () => {
        asked.push(each);
        return answer();
      },
      (error) => error instanceof Error && error.message === "away",
    );
  return { cache, time, asked, get };
}

describe("answers to equal questions [P1]", () => {
  test("asked at once they share one check, asked again within seconds they are reused", async () => {
    const { cache, time, asked, get } = cacheAt();
    const answer = createDeferred<Grants>();
    const both = [get(request(), () => answer.promise), get(request({ claims: { sub: "s", role: "r" } }))];
    answer.resolve(YES);
    expect(await Promise.all(both)).toEqual([YES, YES]);
    time.nowMs = 2_999;
    expect(await get()).toEqual(YES);
    expect(asked).toHaveLength(1);
    expect(cache).toMatchObject({ misses: 1, coalesced: 1, hits: 1 });
    time.nowMs = 3_001;
    await get();
    expect(asked).toHaveLength(2);
  });

  test("with no age at all every question is asked by itself", async () => {
    const { asked, get } = cacheAt({ freshMs: 0 });
    await Promise.all([get(), get()]);
    expect(asked).toHaveLength(2);
  });

  test.each([
    ["topic", { topic: "u" }],
    ["action", { action: "write" as const }],
    ["claims", { claims: { role: "r", sub: "x" } }],
    ["headers", { headers: { "x-a": "1" } }],
    ["extensions", { extensions: ["presence"] as AuthorizeRequest["extensions"] }],
  ])("another %s is another question", async (_, other) => {
    const { asked, get } = cacheAt();
    await get();
    await get(request(other));
    expect(asked).toHaveLength(2);
  });

  test("with the database away an old answer serves for ten minutes, a refusal never does", async () => {
    const { time, get } = cacheAt();
    const away = () => Promise.reject(new Error("away"));
    await get();
    time.nowMs = 9 * 60_000;
    expect(await get(request(), away)).toEqual(YES);
    await expect(get(request(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    time.nowMs = 11 * 60_000;
    await expect(get(request(), away)).rejects.toThrow("away");
  });

  test("a failure is not remembered", async () => {
    const { asked, get } = cacheAt();
    await expect(get(request(), () => Promise.reject(new Error("no")))).rejects.toThrow("no");
    expect(await get()).toEqual(YES);
    expect(asked).toHaveLength(2);
  });

  test("changed policies void every answer, also one that is on its way", async () => {
    const { cache, asked, get } = cacheAt();
    const old = createDeferred<Grants>();
    const first = get(request(), () => old.promise);
    cache.clear();
    const second = get(request(), async () => NO);
    old.resolve(YES);
    expect(await first).toEqual(YES);
    expect(await second).toEqual(NO);
    expect(await get()).toEqual(NO);
    expect(asked).toHaveLength(2);
  });
});
