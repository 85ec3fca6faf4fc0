import { type ArrayItem, parseArrayLiteral, parseRowLiteral } from "./text-literals.ts";

/** What rendering needs to know of one entry of `pg_type`. */
export interface PgType {
  readonly oid: number;
  /** `pg_type.typname`, which is what clients are told (protocol 6.4). */
  readonly name: string;
  /** Quoted and with its schema: good in any SQL. */
  readonly sqlName: string;
  readonly form: "plain" | "array" | "composite" | "domain" | "enum";
  /** Of an array its elements, of a domain what it is made of. */
  readonly of: number;
  readonly delimiter: string;
  readonly fields: readonly { readonly name: string; readonly typeOid: number }[];
  /** `to_jsonb` calls a cast that only Postgres can run, as for hstore. */
  readonly castsToJson: boolean;
}

export interface TypeSource {
  get(oid: number): PgType | undefined;
}

/** Text output of a value to JSON text. */
export type Render = (text: string) => string;

/** How a value reads on its own, and as an element of an array or a row (protocol 12.30). */
interface Renders {
  alone: Render;
  inside: Render;
}

/** All that JSON must not have between quotes, and a little more. Looking is cheaper than quoting. */
const ESCAPED = /["\\\p{Cc}]/u;
const asText: Render = (text) => (ESCAPED.test(text) ? JSON.stringify(text) : `"${text}"`);
const asIs: Render = (text) => text;
const NOT_A_NUMBER = /^-?(NaN|Infinity)$/;
const finiteOr =
  (other: Render): Render =>
  (text) =>
    NOT_A_NUMBER.test(text) ? other(text) : text;

const bool: Render = (text) => (text === "t" ? "true" : "false");
/** Line breaks are only ever between tokens; without them a value stays on the line of its envelope. */
const json: Render = (text) => text.replace(/[\r\n]/g, " ");
/** Where a year of four digits, which is nearly every one, ends its date. */
const DATE_END = 10;
const BLANK = 0x20;
/** `2026-08-21 12:00:00.5` to `2026-08-21T12:00:00.5`; `infinity` stays. Nothing in a time needs an escape. */
const timestamp: Render = (text) =>
  text.charCodeAt(DATE_END) === BLANK
    ? `"${text.slice(0, DATE_END)}T${text.slice(DATE_END + 1)}"`
    : `"${text.replace(" ", "T")}"`;
const timestamptz: Render = (text) =>
  text.charCodeAt(DATE_END) === BLANK && text.endsWith("+00")
    ? `"${text.slice(0, DATE_END)}T${text.slice(DATE_END + 1)}:00"`
    : `"${text.replace(" ", "T").replace(/\+00( BC)?$/, "+00:00$1")}"`;

const same = (render: Render): Renders => ({ alone: render, inside: render });

/** Types of `pg_catalog`; all others are their text in quotes. */
const PLAIN: Readonly<Record<string, Renders>> = {
  bool: same(bool),
  int2: same(asIs),
  int4: same(asIs),
  int8: same(asIs),
  float4: { alone: finiteOr(() => "null"), inside: finiteOr(asText) },
  float8: { alone: finiteOr(() => "null"), inside: finiteOr(asText) },
  numeric: { alone: finiteOr(() => "null"), inside: finiteOr(asText) },
  json: same(json),
  jsonb: same(asIs),
  timestamp: same(timestamp),
  timestamptz: same(timestamptz),
  bpchar: { alone: (text) => asText(text.trimEnd()), inside: asText },
  bytea: { alone: (text) => asText(text.replace(/^\\x/, "")), inside: asText },
};

/** Arrays that are written with blanks: `1 2 3`. */
const VECTORS: ReadonlySet<string> = new Set(["int2vector", "oidvector"]);
const FIRST_USER_OID = 16_384;

/**
 * Renders values of any type as `to_jsonb` would (protocol 6.4), with the wire rules of 12.30. Numbers are never parsed:
 * their digits are Postgres' own. Needs the text output of a session with the settings of `TEXT_FORMAT`.
 */
export class JsonRenderer {
  readonly #types: TypeSource;
  readonly #known = new Map<number, Renders | null>();

  constructor(types: TypeSource) {
    this.#types = types;
  }

  /** Null for types that only Postgres can render. */
  for(oid: number): Render | null {
    return this.#renders(oid)?.alone ?? null;
  }

  #renders(oid: number): Renders | null {
    const known = this.#known.get(oid);
    if (known !== undefined) return known;
    const made = this.#make(this.#types.get(oid));
    this.#known.set(oid, made);
    return made;
  }

  #make(type: PgType | undefined): Renders | null {
    if (type === undefined) return same(asText);
    if (type.castsToJson) return null;
    switch (type.form) {
      case "domain":
        return this.#renders(type.of);
      case "array":
        return this.#array(type);
      case "composite":
        return this.#composite(type);
      case "enum":
        return same(asText);
      case "plain":
        return (type.oid < FIRST_USER_OID ? PLAIN[type.name] : undefined) ?? same(asText);
    }
  }

  #array(type: PgType): Renders | null {
    const element = this.#renders(type.of)?.inside;
    if (element === undefined) return null;
    if (VECTORS.has(type.name))
      return same((text) => `[${text.split(" ").filter(Boolean).map(element).join(",")}]`);
    const item = (value: ArrayItem): string => {
      if (value === null) return "null";
      return typeof value === "string" ? element(value) : `[${value.map(item).join(",")}]`;
    };
    return same((text) => item(parseArrayLiteral(text, type.delimiter)));
  }

  #composite(type: PgType): Renders | null {
    const fields: { key: string; render: Render }[] = [];
    for (const field of type.fields) {
      const render = this.#renders(field.typeOid)?.inside;
      if (render === undefined) return null;
      fields.push({ key: JSON.stringify(field.name), render });
    }
    return same((text) => {
      const values = parseRowLiteral(text);
      const members = fields.map(({ key, render }, index) => {
        const value = values[index];
        return `${key}:${value === null || value === undefined ? "null" : render(value)}`;
      });
      return `{${members.join(",")}}`;
    });
  }
}
