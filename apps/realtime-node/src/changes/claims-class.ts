import type { Catalog, ClaimsFunction, Table } from "./catalog.ts";

export type Claims = Readonly<Record<string, unknown>>;

/**
 * Which claims the policies of a table can tell apart. Two users with the same role and the same values of these see
 * the same rows, so that one question to Postgres answers for both.
 */
export type ClaimsUse = { kind: "none" } | { kind: "some"; claims: readonly string[] } | { kind: "all" };

const NONE: ClaimsUse = { kind: "none" };
const ALL: ClaimsUse = { kind: "all" };

/** What Supabase's own helpers read; true only while their source reads nothing else. */
const HELPERS: Readonly<Record<string, string>> = { uid: "sub", role: "role", email: "email" };

/**
 * Functions whose result follows from their arguments and the row. Anything else that is called, and any subquery, may
 * read any claim.
 */
const HARMLESS: ReadonlySet<string> = new Set(
  `abs ceil floor round coalesce nullif greatest least lower upper length char_length btrim ltrim rtrim trim concat
  replace substring left right split_part starts_with strpos position array_length cardinality array_position any all
  now date_trunc date_part extract age to_timestamp to_date make_date jsonb_exists jsonb_extract_path_text row and or
  not in is`.split(/\s+/),
);

/**
 * Reads the policies' texts. Whatever is not understood means "all claims": the answer is then merely more expensive.
 */
export function claimsUseOf(table: Table, { claimsFunctions }: Pick<Catalog, "claimsFunctions">): ClaimsUse {
  if (!table.rowSecurity) return NONE;
  const uses = table.policies.map(({ using }) => useOfExpression(using ?? "", claimsFunctions));
  return uses.reduce(combine, NONE);
}

/** Equal texts: the policies cannot tell these claims apart. The role always counts, for the sake of privileges. */
export function classKey(claims: Claims, use: ClaimsUse): string {
  const role = String(claims.role ?? "");
  if (use.kind === "none") return JSON.stringify([role]);
  const names = use.kind === "all" ? Object.keys(claims).sort() : use.claims;
  return JSON.stringify([role, ...names.map((name) => [name, claims[name] ?? null])]);
}

function combine(a: ClaimsUse, b: ClaimsUse): ClaimsUse {
  if (a.kind === "all" || b.kind === "all") return ALL;
  if (a.kind === "none") return b;
  if (b.kind === "none") return a;
  return { kind: "some", claims: [...new Set([...a.claims, ...b.claims])].sort() };
}

const STRING = /'(?:[^']|'')*'/g;
/** `( SELECT auth.uid() AS uid)` is how people keep Postgres from calling it once per row; it reads no table. */
const WRAPPED_HELPER = /\(\s*SELECT\s+(auth\.\w+\(\)(?:\s*->>\s*'[^']*'::text)?)\s+AS\s+\S+?\)/gi;
const CLAIM = /\(?auth\.jwt\(\)\)?\s*->>\s*'([^']*)'::text/g;
const HELPER = /auth\.(\w+)\(\)/g;
const CALL = /((?:"[^"]*"|\w+)(?:\.(?:"[^"]*"|\w+))?)\s*\(/g;
const OPAQUE = /\bselect\b|\boperator\s*\(/i;

function useOfExpression(text: string, functions: readonly ClaimsFunction[]): ClaimsUse {
  const found = new Set<string>();
  let rest = text.replace(WRAPPED_HELPER, "$1");
  if (readsOnly(functions, "jwt", [])) {
    rest = rest.replace(CLAIM, (_, claim: string) => {
      found.add(claim);
      return "claim";
    });
  }
  rest = rest.replace(HELPER, (call, name: string) => {
    const claim = HELPERS[name];
    if (claim === undefined || !readsOnly(functions, name, [claim])) return call;
    found.add(claim);
    return "claim";
  });
  rest = rest.replace(STRING, "text");
  if (OPAQUE.test(rest)) return ALL;
  for (const [, name] of rest.matchAll(CALL)) {
    if (name !== undefined && !HARMLESS.has(name.toLowerCase())) return ALL;
  }
  return found.size === 0 ? NONE : { kind: "some", claims: [...found].sort() };
}

/**
 * A project may have its own `auth.uid()`. It counts as the usual one only if every text in its source is the name of
 * a setting or of the claim itself.
 */
function readsOnly(functions: readonly ClaimsFunction[], name: string, claims: readonly string[]): boolean {
  const helper = functions.find((each) => each.name === name);
  if (helper === undefined) return false;
  const allowed = new Set(["request.jwt.claims", "request.jwt.claim", "", "{}", ...claims]);
  for (const claim of claims) allowed.add(`request.jwt.claim.${claim}`);
  const texts = [...helper.source.matchAll(STRING)].map(([text]) => text.slice(1, -1));
  const calls = [...helper.source.matchAll(CALL)].map(([, call]) =>
    call?.toLowerCase().replace(/^pg_catalog\./, ""),
  );
  const known = new Set(["current_setting", "nullif", "coalesce"]);
  return (
    texts.every((text) => allowed.has(text)) && calls.every((call) => call !== undefined && known.has(call))
  );
}
