import { describe, expect, test } from "vitest";
import { generateSecretsKey, open, parseSecretsKey, SecretUnreadable, seal } from "./secrets.ts";

const key = parseSecretsKey(generateSecretsKey());

describe("sealed secrets", () => {
  test("open to what was sealed, whatever the text", () => {
    for (const text of ["", "postgresql://u:p@h/d", "ключ 🔑", "x".repeat(100_000)]) {
      expect(open(key, seal(key, text, "here"), "here")).toBe(text);
    }
  });

  test("of the same text differ, and do not show it", () => {
    const [one, two] = [seal(key, "same text"), seal(key, "same text")];
    expect(one).not.toBe(two);
    expect(Buffer.from(one.slice(3), "base64url").includes("same text")).toBe(false);
  });

  test("open neither with another key, nor in another place, nor when altered, cut or made up", () => {
    const sealed = seal(key, "secret", "project:a");
    const altered = sealed.slice(0, -2) + (sealed.endsWith("AA") ? "BB" : "AA");
    for (const attempt of [
      () => open(parseSecretsKey(generateSecretsKey()), sealed, "project:a"),
      () => open(key, sealed, "project:b"),
      () => open(key, altered, "project:a"),
      () => open(key, sealed.slice(0, 20), "project:a"),
      () => open(key, "secret", "project:a"),
      () => open(key, "", "project:a"),
    ]) {
      expect(attempt).toThrow(SecretUnreadable);
    }
  });

  test("need a key of exactly 32 bytes, which never shows itself", () => {
    expect(() => parseSecretsKey("c2hvcnQ=")).toThrow(/32 bytes/);
    expect(() => parseSecretsKey("")).toThrow(RangeError);
    expect(JSON.stringify({ key })).toBe('{"key":{}}');
  });
});
