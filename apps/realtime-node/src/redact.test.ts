import { expect, test } from "vitest";
import { redactSecrets } from "./redact.ts";

test.each([
  ["postgresql://app:hunter2@db.internal:5432/x?sslmode=require", "hunter2"],
  ["connect nats://token123@127.0.0.1:4222 failed", "token123"],
  ["GET /socket/websocket?apikey=abc.def&vsn=2.0.0", "abc.def"],
  ["bad token eyJhbGciOiJIUzI1NiJ9.eyJyb2xlIjoiYW5vbiJ9.c2lnbmF0dXJl", "eyJyb2xlIjoiYW5vbiJ9"],
  ["key tw_secret_0123456789abcdef was refused", "0123456789abcdef"],
  ['{"authorization":"Bearer abcdefghijkl"}', "abcdefghijkl"],
  ['{"jwtSecret":"super \\" secret","a":1}', "secret\\"],
  ['{"password":"p4ss"}', "p4ss"],
])("a log line does not carry the secret of %s", (text, secret) => {
  expect(redactSecrets(text)).not.toContain(secret);
});

test("ordinary text, times and addresses stay as they are", () => {
  const text =
    '{"msg":"listening on http://127.0.0.1:4000","topic":"realtime:a@b","code":"TokenExpired","atMs":1}';
  expect(redactSecrets(text)).toBe(text);
});

test("the rest of a redacted URL stays readable", () => {
  expect(redactSecrets("postgresql://app:x@db:5432/tidewire")).toBe("postgresql://***@db:5432/tidewire");
});
