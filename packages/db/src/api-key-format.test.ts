import { describe, expect, test } from "vitest";
import { generateApiKey, hashApiKey, parseApiKey, prefixOf, randomText } from "./api-key-format.ts";

describe("API keys", () => {
  test.each(["publishable", "secret"] as const)(
    "of kind %s say their kind and carry their checksum",
    (kind) => {
      const key = generateApiKey(kind);
      expect(key).toMatch(new RegExp(`^tw_${kind}_[0-9A-Za-z]{38}$`));
      expect(parseApiKey(key)).toBe(kind);
    },
  );

  test("with one wrong character, of another kind, too long or invented are recognised as none", () => {
    const key = generateApiKey("publishable");
    const swapped = key.slice(0, 20) + (key[20] === "x" ? "y" : "x") + key.slice(21);
    for (const text of [
      swapped,
      key.replace("publishable", "secret"),
      `${key}0`,
      ` ${key}`,
      "tw_secret_abc",
      "",
    ]) {
      expect(parseApiKey(text)).toBeUndefined();
    }
  });

  test("never repeat", () => {
    const keys = Array.from({ length: 1_000 }, () => generateApiKey("secret"));
    expect(new Set(keys).size).toBe(keys.length);
  });

  test("show six characters of their random part", () => {
    const key = generateApiKey("secret");
    expect(prefixOf(key)).toBe(key.slice(0, "tw_secret_".length + 6));
    expect(prefixOf("eyJhbGciOi")).toBe("eyJhbG");
  });

  test("are known by their SHA-256", () => {
    expect(hashApiKey("abc")).toBe("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  });

  test("are drawn evenly from the alphabet", () => {
    const counts = new Map<string, number>();
    for (const letter of randomText(62_000)) counts.set(letter, (counts.get(letter) ?? 0) + 1);
    expect(counts.size).toBe(62);
    for (const count of counts.values()) expect(Math.abs(count - 1_000)).toBeLessThan(200);
  });
});
