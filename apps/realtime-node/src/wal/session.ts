import pg from "pg";

/** Every value as Postgres' text output. */
export type TextRow = Readonly<Record<string, string | null>>;

/** One database session, asked with plain SQL. */
export interface Session {
  /** Rows of the last statement of `sql` that returns any. */
  rows(sql: string): Promise<TextRow[]>;
  /** Rows of every statement of `sql`, also of those that return none. */
  results(sql: string): Promise<TextRow[][]>;
}

/** pg's own parsers would lose microseconds and digits, and its global ones belong to the whole process: so per client. */
export const TEXT_VALUES: pg.CustomTypesConfig = { getTypeParser: () => (value: string) => value };

/** Makes every value's text the same for every project, whatever the server's or the role's settings say. */
export const TEXT_FORMAT =
  "set timezone = 'UTC'; set datestyle = 'ISO, MDY'; set intervalstyle = 'postgres'; set bytea_output = 'hex'; set extra_float_digits = 1";

export function sessionOf(client: pg.ClientBase): Session {
  const ask = async (sql: string): Promise<pg.QueryResult<TextRow>[]> => {
    const result: pg.QueryResult<TextRow> | pg.QueryResult<TextRow>[] = await client.query<TextRow>(sql);
    return Array.isArray(result) ? result : [result];
  };
  return {
    rows: async (sql) => (await ask(sql)).findLast((each) => each.fields.length > 0)?.rows ?? [],
    results: async (sql) => (await ask(sql)).map(({ rows }) => rows),
  };
}

export const quoteLiteral = pg.escapeLiteral;
export const quoteIdentifier = pg.escapeIdentifier;
