/** A table's name in an address. */
export function tableKey({ schema, table }: { schema: string; table: string }): string {
  return `${schema}.${table}`;
}
