import type { Session, TextRow } from "./session.ts";
import type { PgType, TypeSource } from "./types.ts";

const FORMS: Readonly<Record<string, PgType["form"]>> = { c: "composite", d: "domain", e: "enum" };

/** The types of one database that its streamed tables use. Missing ones are read when they are first needed. */
export class TypeCatalog implements TypeSource {
  readonly #types = new Map<number, PgType | undefined>();

  get(oid: number): PgType | undefined {
    return this.#types.get(oid);
  }

  isMissing(oid: number): boolean {
    return !this.#types.has(oid);
  }

  /** Reads these types and whatever they are made of. An oid without a type is remembered as such. */
  async ensure(session: Session, oids: Iterable<number>): Promise<void> {
    let missing = [...new Set(oids)].filter((oid) => this.isMissing(oid));
    while (missing.length > 0) {
      const rows = await session.rows(typesQuery(missing));
      for (const oid of missing) this.#types.set(oid, undefined);
      const found = rows.map(toPgType);
      for (const type of found) this.#types.set(type.oid, type);
      const parts = found.flatMap((type) => [type.of, ...type.fields.map((field) => field.typeOid)]);
      missing = [...new Set(parts)].filter((oid) => oid !== 0 && this.isMissing(oid));
    }
  }
}

function typesQuery(oids: readonly number[]): string {
  return `
    select t.oid, t.typname, t.typtype, t.typdelim,
      quote_ident(n.nspname) || '.' || quote_ident(t.typname) as sql_name,
      case when t.typtype = 'd' then t.typbasetype
        when t.typsubscript = 'array_subscript_handler'::regproc then t.typelem else 0 end as made_of,
      (select json_agg(json_build_array(a.attname, a.atttypid::int8) order by a.attnum)
        from pg_attribute a
        where t.typtype = 'c' and a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as fields,
      t.oid >= 16384 and exists (
        select 1 from pg_cast c
        where c.castsource = t.oid and c.casttarget = 'json'::regtype and c.castmethod = 'f') as casts_to_json
    from pg_type t join pg_namespace n on n.oid = t.typnamespace
    where t.oid in (${oids.map(Number).join(",")})`;
}

function toPgType(row: TextRow): PgType {
  const of = Number(row.made_of);
  const fields: [string, number][] = JSON.parse(row.fields ?? "[]");
  return {
    oid: Number(row.oid),
    name: row.typname ?? "",
    sqlName: row.sql_name ?? "",
    form: FORMS[row.typtype ?? ""] ?? (of === 0 ? "plain" : "array"),
    of,
    delimiter: row.typdelim ?? ",",
    fields: fields.map(([name, typeOid]) => ({ name, typeOid })),
    castsToJson: row.casts_to_json === "t",
  };
}
