import { describe, expect, test } from "vitest";
import { highlight, type Language } from "./highlight.ts";

const SAMPLES: [Language, string][] = [
  [
    "ts",
    'import { createClient } from "x";\nconst n = 4; // four\nawait client.channel(`room:n`).subscribe();',
  ],
  ["sql", "alter publication supabase_realtime add table public.messages; -- it's on\nselect 'it''s', 4;"],
  ["shell", "curl -X POST 'http://localhost:4000' \\\n  -H \"apikey: x\""],
  ["json", '{"a": [1, -2.5, true, null], "b": "c\\"d"}'],
  ["text", "anything at all"],
];

describe("[H1] no character is lost or doubled", () => {
  test.each(SAMPLES)("%s", (language, code) => {
    expect(
      highlight(code, language)
        .map((token) => token.text)
        .join(""),
    ).toBe(code);
  });
});

test("keys, strings and numbers of JSON are told apart", () => {
  expect(highlight('{"a":"b","c":-4}', "json").filter((token) => token.kind !== "plain")).toEqual([
    { kind: "name", text: '"a"' },
    { kind: "string", text: '"b"' },
    { kind: "name", text: '"c"' },
    { kind: "number", text: "-4" },
  ]);
});

test("words of SQL are keywords in either case", () => {
  const kinds = highlight("ALTER table t", "sql").map((token) => token.kind);
  expect(kinds).toEqual(["keyword", "plain", "keyword", "plain"]);
});
