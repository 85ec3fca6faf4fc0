import { expect, test } from "vitest";
import { keyState } from "./key-state.ts";

const now = 1_000_000;

test.each([
  [{ revokedAtMs: null, expiresAtMs: null }, "active", true],
  [{ revokedAtMs: 5, expiresAtMs: null }, "revoked", false],
  [{ revokedAtMs: null, expiresAtMs: now - 1 }, "expired", false],
  [{ revokedAtMs: null, expiresAtMs: now + 3_600_000 }, "rotated, works for another 1 h", true],
])("%o is %s", (key, words, usable) => expect(keyState(key, now)).toMatchObject({ words, usable }));
