import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { openClient, type TestClient } from "@tidewire/testkit/project-database";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { renderRemotely } from "../src/changes/visibility.ts";
import { quoteLiteral, type Session, sessionOf, TEXT_FORMAT, TEXT_VALUES } from "../src/wal/session.ts";
import { TypeCatalog } from "../src/wal/type-catalog.ts";
import { JsonRenderer } from "../src/wal/types.ts";

let server: TestPostgres;
let client: TestClient;
let session: Session;

beforeAll(async () => {
  server = await startTestPostgres();
  client = await openClient(server.url());
  session = sessionOf({ query: (text: string) => client.query({ text, types: TEXT_VALUES }) } as never);
  await session.rows(TEXT_FORMAT);
  await session.rows(`
    create extension hstore; create extension citext;
    create type mood as enum ('sad', 'so "so"', 'happy');
    create domain age as int check (value >= 0);
    create domain tags as text[];
    create type pair as (n numeric, note text, moods mood[]);
    create type nest as (id bigint, inner_pair pair, at timestamptz);
    create type span as range (subtype = numeric);`);
});
afterAll(async () => {
  await client.end();
  await server[Symbol.asyncDispose]();
});

/** Our rendering of a value, and whether Postgres says that it is `to_jsonb` of it. */
async function compare(
  type: string,
  literal: string,
): Promise<{ ours: string; theirs: string; equal: boolean }> {
  const [value] = await session.rows(
    `select format('%s', v) as text, to_jsonb(v)::text as json, pg_typeof(v)::oid as oid from (select (${quoteLiteral(literal)}::${type}) as v) x`,
  );
  const oid = Number(value?.oid);
  const types = new TypeCatalog();
  await types.ensure(session, [oid]);
  const text = value?.text ?? "";
  const render = new JsonRenderer(types).for(oid);
  const [remote] =
    render === null ? await renderRemotely(session, types.get(oid)?.sqlName ?? "", [text]) : [];
  const ours = render?.(text) ?? remote ?? "";
  const theirs = value?.json ?? "";
  const [{ equal } = { equal: "f" }] = await session.rows(
    `select ${quoteLiteral(ours)}::jsonb = ${quoteLiteral(theirs)}::jsonb as equal`,
  );
  return { ours, theirs, equal: equal === "t" };
}

async function expectEqual(type: string, literal: string): Promise<void> {
  const { ours, theirs, equal } = await compare(type, literal);
  expect(equal, `${type} ${literal}: ${ours} is not ${theirs}`).toBe(true);
}

describe("values equal to_jsonb of the same value [6.4]", () => {
  test.each([
    ["bool", "true"],
    ["int8", "9223372036854775807"],
    ["numeric", "-12345678901234567890.123456789012345678900"],
    ["numeric(10,3)", "1.5"],
    ["float8", "1e-300"],
    ["float4", "0.1"],
    ["oid", "4294967295"],
    ["money", "12.34"],
    ["text", 'a "quoted" \\ line\nand é 😀 \u0001'],
    ["varchar(5)", "abc"],
    ["name", "abc"],
    ['"char"', "x"],
    ["citext", "AbC"],
    ["uuid", "A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"],
    ["date", "2026-08-21"],
    ["date", "infinity"],
    ["date", "0044-03-15 BC"],
    ["time", "12:34:56.7"],
    ["timetz", "12:34:56+02"],
    ["timestamp", "2026-08-21 12:00:00.123456"],
    ["timestamp", "-infinity"],
    ["timestamp", "0044-03-15 12:00:00 BC"],
    ["timestamptz", "2026-08-21 12:00:00.5+02"],
    ["timestamptz", "infinity"],
    ["timestamptz", "0044-03-15 12:00:00+00 BC"],
    ["timestamptz", "12026-08-21 12:00:00+00"],
    ["interval", "1 year 2 mons 3 days 04:05:06.7"],
    ["bit(5)", "10101"],
    ["varbit", "101"],
    ["inet", "10.0.0.1/8"],
    ["macaddr", "08:00:2b:01:02:03"],
    ["point", "(1,2)"],
    ["box", "(1,2),(3,4)"],
    ["int4range", "[1,5)"],
    ["int4multirange", "{[1,3),[5,7)}"],
    ["tstzrange", '["2026-08-21 12:00:00+00",infinity)'],
    ["span", "[1.0,2.50]"],
    ["tsvector", "a:1 b:2"],
    ["xml", "<a>1</a>"],
    ["json", '{"b": 1,\n "a": [1.0, "x\\ny"]}'],
    ["jsonb", '{"b": 1.50, "a": [1e5, null, 12345678901234567890]}'],
    ["jsonpath", "$.a"],
    ["pg_lsn", "16/B374D848"],
    ["regclass", "pg_class"],
    ["hstore", 'a=>1, "b c"=>NULL'],
    ["mood", 'so "so"'],
    ["age", "41"],
    ["tags", '{a,"b, c"}'],
    ["pair", '(1.50,"a ""b"", (c)","{happy,""so \\\\""so\\\\""""}")'],
    ["pair", "(,,)"],
    ["nest", '(9007199254740993,"(1,x,)","2026-08-21 12:00:00+02")'],
    ["nest[]", '{"(1,\\"(2,y,{sad})\\",)",NULL}'],
    ["int4[]", "{{1,2},{3,NULL}}"],
    ["int4[]", "[2:3]={1,2}"],
    ["int4[]", "{}"],
    ["text[]", '{a,"b,c",NULL,"NULL","","\\"q\\""}'],
    ["float8[]", "{NaN,Infinity,-Infinity,1.5}"],
    ["bool[]", "{t,f,NULL}"],
    ["timestamptz[]", '{"2026-08-21 12:00:00+02",infinity}'],
    ["date[]", "{2026-08-21}"],
    ["jsonb[]", '{"{\\"a\\": 1}","[1, 2]"}'],
    ["json[]", '{"{\\"a\\": 1}"}'],
    ["bytea[]", '{"\\\\x0102"}'],
    ["char(3)[]", '{"a",NULL}'],
    ["box[]", "{(1,2),(0,0);(3,4),(1,1)}"],
    ["hstore[]", '{"a=>1"}'],
    ["age[]", "{1,2}"],
    ["mood[]", '{"so \\"so\\"",happy}'],
    ["int2vector", "1 2 3"],
    ["oidvector", "1 2"],
    ["uuid[]", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}"],
  ])("%s %s", (type, literal) => expectEqual(type, literal));

  test.each([
    ["float8", "NaN", "null"],
    ["numeric", "-Infinity", "null"],
    ["bytea", "\\x0102", '"0102"'],
    ["char(4)", "ab", '"ab"'],
  ])("but on the wire %s %s is %s [12.30]", async (type, literal, json) => {
    expect((await compare(type, literal)).ours).toBe(json);
  });

  const text = fc.string({ unit: "grapheme" }).filter((value) => !value.includes("\0"));
  const scalars: [string, fc.Arbitrary<string>][] = [
    ["numeric", fc.tuple(fc.bigInt(), fc.nat({ max: 30 })).map(([digits, scale]) => `${digits}e-${scale}`)],
    ["float8", fc.double({ noNaN: true, noDefaultInfinity: true }).map(String)],
    ["float4", fc.float({ noNaN: true, noDefaultInfinity: true }).map(String)],
    ["text", text],
    [
      "jsonb",
      fc
        .jsonValue({ noUnicodeString: false })
        .map((value) => JSON.stringify(value))
        .filter((json) => !json.includes("\\u0000") && !/\\ud[89a-f]/i.test(json)),
    ],
    [
      "timestamptz",
      fc
        .date({ min: new Date("0001-01-02"), max: new Date("9999-01-01"), noInvalidDate: true })
        .map((date) => date.toISOString()),
    ],
    [
      "interval",
      fc
        .tuple(fc.integer({ min: -1000, max: 1000 }), fc.integer({ min: -1e6, max: 1e6 }))
        .map(([days, seconds]) => `${days} days ${seconds} seconds`),
    ],
  ];
  test.each(scalars)("any %s", async (type, values) => {
    await fc.assert(
      fc.asyncProperty(values, (value) => expectEqual(type, value)),
      { numRuns: 60 },
    );
  });

  test.each(scalars)("any array of %s", async (type, values) => {
    const quoted = fc.option(
      values.map((value) => `"${value.replace(/["\\]/g, "\\$&")}"`),
      { nil: "NULL" },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(quoted, { maxLength: 5 }), (items) =>
        expectEqual(`${type}[]`, `{${items.join(",")}}`),
      ),
      { numRuns: 30 },
    );
  });
});
