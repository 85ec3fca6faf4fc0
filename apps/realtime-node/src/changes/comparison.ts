import type { TableColumn } from "./catalog.ts";

/**
 * How Postgres compares values of a type, told from their text output. Only types for which that can be done exactly are
 * here; of all others Postgres is asked.
 */
export interface Comparison {
  /** Two values are equal exactly when their keys are. */
  key(text: string): string;
  /** Null when the order cannot be told, as for text in a natural language's order. */
  readonly compare: ((a: string, b: string) => number) | null;
}

const byBigint = (a: string, b: string) => sign(BigInt(a) - BigInt(b));
const sign = (value: bigint) => (value < 0n ? -1 : value > 0n ? 1 : 0);
const byCharacter = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
const asIs = (text: string) => text;

const integer: Comparison = { key: asIs, compare: byBigint };
const decimal: Comparison = { key: decimalKey, compare: compareDecimals };
const float: Comparison = {
  key: (text) => String(Number(floatText(text)) || floatText(text)),
  compare: compareFloats,
};
/** Fixed forms whose characters sort as their values do. */
const fixed: Comparison = { key: asIs, compare: byCharacter };
const equalOnly: Comparison = { key: asIs, compare: null };
const time: Comparison = { key: asIs, compare: (a, b) => byCharacterOrInfinity(timeKey(a), timeKey(b)) };

const BY_TYPE: Readonly<Record<string, Comparison>> = {
  int2: integer,
  int4: integer,
  int8: integer,
  oid: integer,
  numeric: decimal,
  float4: float,
  float8: float,
  bool: fixed,
  uuid: fixed,
  bytea: fixed,
  date: time,
  timestamp: time,
  timestamptz: time,
  name: { key: asIs, compare: compareCodePoints },
};
const TEXT_TYPES: ReadonlySet<string> = new Set(["text", "varchar", "bpchar"]);

/** Null: ask Postgres. */
export function comparisonOf(
  column: Pick<TableColumn, "baseType" | "isEnum" | "isDeterministic" | "isCodePointOrder">,
): Comparison | null {
  if (column.isEnum) return equalOnly;
  if (!TEXT_TYPES.has(column.baseType)) return BY_TYPE[column.baseType] ?? null;
  if (!column.isDeterministic) return null;
  const compare = column.isCodePointOrder ? compareCodePoints : null;
  if (column.baseType !== "bpchar") return { key: asIs, compare };
  const key = (text: string) => text.replace(/ +$/, "");
  return { key, compare: compare && ((a, b) => compare(key(a), key(b))) };
}

/** UTF-16 units sort astral characters before some of the others; bytes of UTF-8 do not. */
function compareCodePoints(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const DECIMAL = /^(-?)0*(\d*)(?:\.(\d*?)0*)?$/;

/** `-001.500` as `-1.5`; NaN and the infinities stay as they are. */
function decimalKey(text: string): string {
  const [, minus, whole, fraction] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return text;
  const digits = `${whole || "0"}${fraction ? `.${fraction}` : ""}`;
  return digits === "0" ? "0" : `${minus}${digits}`;
}

const RANK: Readonly<Record<string, number>> = { "-Infinity": -1, Infinity: 1, NaN: 2 };

function compareDecimals(a: string, b: string): number {
  const rank = (RANK[a] ?? 0) - (RANK[b] ?? 0);
  if (rank !== 0 || a in RANK) return Math.sign(rank);
  const places = Math.max(fractionDigits(a), fractionDigits(b));
  return sign(scaled(a, places) - scaled(b, places));
}

function fractionDigits(text: string): number {
  const point = text.indexOf(".");
  return point < 0 ? 0 : text.length - point - 1;
}

function scaled(text: string, places: number): bigint {
  const zeros = "0".repeat(places - fractionDigits(text));
  return BigInt(text.replace(".", "") + zeros);
}

/** Minus zero equals zero. */
function floatText(text: string): string {
  return text === "-0" ? "0" : text;
}

/** For Postgres NaN equals itself and is greater than all others. */
function compareFloats(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(x) || Number.isNaN(y)) return Number(Number.isNaN(x)) - Number(Number.isNaN(y));
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Dates and times in ISO form, as texts that sort: years of eight digits, those before Christ turned around. */
function timeKey(text: string): string {
  if (text.endsWith("infinity")) return text;
  const isBefore = text.endsWith(" BC");
  const [year = "", ...rest] = text.replace(/ BC$/, "").split("-");
  const astronomical = 20_000_000 + (isBefore ? -Number(year) : Number(year));
  return [String(astronomical), ...rest].join("-").replace(/\+00$/, "");
}

function byCharacterOrInfinity(a: string, b: string): number {
  const order = (key: string) => (key === "infinity" ? 1 : key === "-infinity" ? -1 : 0);
  return order(a) - order(b) || byCharacter(a, b);
}
