import { encodeUserBroadcast, type Vsn } from "@tidewire/testkit/phoenix-wire";
import { signToken } from "@tidewire/testkit/tokens";
import fc from "fast-check";

/** Text that has meant something to some parser: SQL, regular expressions, JSON, prototypes, URLs, Unicode. */
export const METACHARACTERS = [
  "'; drop table canary; --",
  '"; drop table canary; --',
  "\\'; drop table canary; --",
  "$$; drop table canary; $$",
  "') or true; delete from canary; --",
  "x' union select * from canary --",
  "pg_sleep(10)",
  "%_%",
  "*",
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "\u0000",
  "\uD800",
  "🦀".repeat(70),
  "a".repeat(300),
  "../../etc/passwd",
  "<script>process.exit()</script>",
  "(((((((((",
  "{}",
  "[]",
  "null",
  ",",
  "",
] as const;

export const text = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...METACHARACTERS) },
  { weight: 2, arbitrary: fc.string({ unit: "grapheme", maxLength: 40 }) },
  { weight: 1, arbitrary: fc.string({ unit: "binary", maxLength: 40 }) },
);

const number = fc.oneof(
  fc.integer(),
  fc.double({ noDefaultInfinity: true, noNaN: true }),
  fc.constantFrom(0, -0, 2 ** 53 + 2, -1, 1e308),
);
const leaf = fc.oneof(text, number, fc.boolean(), fc.constant(null));

/** JSON text, so that keys like `__proto__` and duplicates survive until the server parses it. */
const { json } = fc.letrec<{ json: string }>((tie) => ({
  json: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    leaf.map((value) => JSON.stringify(value)),
    fc.array(tie("json"), { maxLength: 4 }).map((items) => `[${items}]`),
    fc
      .array(fc.tuple(text, tie("json")), { maxLength: 5 })
      .map((entries) => `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${value}`)}}`),
  ),
}));

export { json };

const object = (fields: Record<string, fc.Arbitrary<string>>) =>
  fc
    .tuple(
      ...Object.entries(fields).map(([key, value]) =>
        fc.option(value, { freq: 4 }).map((chosen) => (chosen === null ? [] : [`"${key}":${chosen}`])),
      ),
      fc.constantFrom(
        [],
        ['"__proto__":{"polluted":true}'],
        ['"constructor":{"prototype":{"polluted":true}}'],
      ),
    )
    .map((parts) => `{${parts.flat()}}`);

const either = (...good: unknown[]) =>
  fc.oneof(
    fc.constantFrom(...good.map((value) => JSON.stringify(value))),
    json,
    text.map((value) => JSON.stringify(value)),
  );

const OPERATORS = [
  "eq",
  "neq",
  "lt",
  "in",
  "like",
  "is",
  "match",
  "imatch",
  "isdistinct",
  "not.eq",
  "not.in",
];
export const filter = fc.oneof(
  text,
  fc
    .array(
      fc
        .tuple(
          fc.oneof(fc.constantFrom("id", "body", "owner", "or", "and"), text),
          fc.oneof(fc.constantFrom(...OPERATORS), text),
          text,
        )
        .map(([column, operator, value]) => `${column}=${operator}.${value}`),
      { minLength: 1, maxLength: 3 },
    )
    .map((segments) => segments.join(",")),
  fc
    .tuple(fc.integer({ min: 1, max: 40 }), text)
    .map(([depth, value]) => `${"or(".repeat(depth)}id.eq.${value}${")".repeat(depth)}`),
);

export const binding = object({
  event: either("*", "INSERT", "update"),
  schema: either("public", "*", "realtime"),
  table: either("notes", "*", "canary"),
  filter: fc.oneof(
    filter.map((value) => JSON.stringify(value)),
    json,
  ),
  select: either(["id"], ["body", "id"], [], "id"),
});

export const joinPayload = fc.oneof(
  { weight: 1, arbitrary: json },
  {
    weight: 5,
    arbitrary: object({
      config: fc.oneof(
        json,
        object({
          private: either(true, false, "TRUE"),
          broadcast: fc.oneof(
            json,
            object({
              ack: either(true),
              self: either(true),
              replication_ready: either(false, "false"),
              sequence: either(true),
              resume: fc.oneof(json, object({ origin: either(1, -1, 1e30) })),
              replay: fc.oneof(json, object({ since: either(0, -1, 1e300), limit: either(1, -5, 1e9) })),
            }),
          ),
          presence: fc.oneof(json, object({ key: either("me", 7, "__proto__"), enabled: either(true) })),
          postgres_changes: fc.oneof(
            json,
            fc.array(binding, { maxLength: 3 }).map((items) => `[${items}]`),
          ),
        }),
      ),
      access_token: either("", "a.b.c", null, "sb_publishable_x"),
      user_token: either("", 7),
    }),
  },
);

const EVENTS = [
  "phx_join",
  "phx_leave",
  "broadcast",
  "presence",
  "access_token",
  "heartbeat",
  "phx_close",
  "x",
];
const quoted = (values: fc.Arbitrary<string>) => values.map((value) => JSON.stringify(value));
export const topic = fc.oneof(
  fc.constantFrom("realtime:fuzz", "realtime:fuzz2", "phoenix", "realtime:"),
  text.map((name) => `realtime:${name}`),
  text,
);

/** One text frame: well formed with odd contents, half formed, or noise. */
export const textFrame = (vsn: Vsn): fc.Arbitrary<string> =>
  fc.oneof(
    { weight: 1, arbitrary: text },
    { weight: 1, arbitrary: json },
    {
      weight: 6,
      arbitrary: fc
        .tuple(
          either("1", null, 1),
          either("2", null, 2),
          quoted(topic),
          fc.oneof(quoted(fc.constantFrom(...EVENTS)), json),
          fc.oneof(
            joinPayload,
            json,
            object({
              type: either("broadcast", "presence"),
              event: either("track", "untrack", "x", 5),
              payload: json,
              access_token: quoted(text),
            }),
          ),
          fc.integer({ min: 0, max: 3 }),
        )
        .map(([joinRef, ref, name, event, payload, cut]) => {
          const whole =
            vsn === "2.0.0"
              ? `[${joinRef},${ref},${name},${event},${payload}]`
              : `{"topic":${name},"event":${event},"payload":${payload},"ref":${ref},"join_ref":${joinRef}}`;
          return cut === 3 ? whole.slice(0, Math.floor(whole.length / 2)) : whole;
        }),
    },
  );

/** Kind 3 and its neighbours: right, truncated, with sizes that lie, or noise. */
export const binaryFrame: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes)),
  fc
    .record({
      kind: fc.constantFrom(0, 1, 2, 3, 3, 3, 4, 255),
      topic: fc.constantFrom("realtime:fuzz", "realtime:fuzz2", "phoenix", ""),
      event: text,
      metadata: fc.oneof(fc.constant(""), json),
      payload: fc.oneof(
        json,
        fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      ),
      encoding: fc.nat(255),
      cut: fc.option(fc.nat(60)),
      lie: fc.option(fc.tuple(fc.integer({ min: 1, max: 6 }), fc.nat(255))),
    })
    .map(({ kind, topic: name, event, metadata, payload, encoding, cut, lie }) => {
      const short = (value: string) => Buffer.from(value).subarray(0, 255).toString("latin1");
      const frame = encodeUserBroadcast({
        joinRef: "1",
        ref: "2",
        topic: name,
        event: Array.from(short(event)).slice(0, 100).join(""),
        metadata: Array.from(short(metadata)).slice(0, 100).join(""),
        payload: Buffer.from(payload),
      });
      frame[0] = kind;
      frame[6] = encoding;
      if (lie !== null) frame[lie[0]] = lie[1];
      return cut === null ? frame : frame.subarray(0, cut);
    }),
);

/** Tokens: noise, right but odd claims, wrong headers, and one with a byte changed. */
export const token = (secret: string): fc.Arbitrary<string> => {
  const nowS = Math.floor(Date.now() / 1_000);
  const claims = fc.oneof(
    leaf,
    fc.array(leaf, { maxLength: 3 }),
    fc.record(
      {
        role: fc.oneof(fc.constantFrom("authenticated", "anon", "postgres", "nobody"), text, leaf),
        exp: fc.oneof(fc.constantFrom(nowS + 3_600, 0, -1, 1e300), leaf),
        iat: leaf,
        sub: leaf,
        nested: fc.dictionary(text, leaf, { maxKeys: 3 }),
      },
      { requiredKeys: [] },
    ),
  );
  const header = fc.record(
    { alg: fc.oneof(fc.constantFrom("HS256", "none", "RS256", "ES256", "EdDSA"), leaf), kid: leaf },
    { requiredKeys: [] },
  );
  return fc.oneof(
    text,
    fc.tuple(text, text, text).map((parts) => parts.join(".")),
    claims.map((value) => signToken(secret, value)),
    fc.tuple(claims, header).map(([value, head]) => signToken(secret, value, head)),
    fc.tuple(fc.nat(), fc.nat(127)).map(([at, byte]) => {
      const whole = signToken(secret, { role: "authenticated", exp: nowS + 3_600 });
      const index = at % whole.length;
      return whole.slice(0, index) + String.fromCharCode(byte) + whole.slice(index + 1);
    }),
  );
};

export const restBody = fc.oneof(
  json,
  text,
  fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes).toString("latin1")),
  object({
    messages: fc.oneof(
      json,
      fc
        .array(
          object({
            topic: either("fuzz", "fuzz2"),
            event: either("x", 5),
            payload: fc.oneof(json, fc.constant("{}")),
            private: either(true, false, null),
            id: either("an-id", 5),
          }),
          { maxLength: 5 },
        )
        .map((items) => `[${items}]`),
    ),
  }),
);
