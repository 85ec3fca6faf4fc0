/** How a table came into the publication; only those named one by one can be taken out one by one. */
export type PublishedAs = "table" | "schema" | "all-tables";

export interface PublicationColumn {
  name: string;
  type: string;
  isPublished: boolean;
  /** Part of what identifies a row in the stream; Postgres refuses changes of rows that it cannot identify. */
  isIdentity: boolean;
  /** Read by the row filter. */
  isFiltered: boolean;
}

export interface PublicationTable {
  schema: string;
  table: string;
  owner: string;
  /** Null: not published. */
  publishedAs: PublishedAs | null;
  columns: PublicationColumn[];
  /** Row filter as Postgres writes it. */
  filter: string | null;
  primaryKey: string[];
  identity: "default" | "nothing" | "full" | "index";
  rowSecurity: boolean;
  /** Policies that decide who may SELECT. */
  readPolicies: number;
  isPartitioned: boolean;
  /** As of the last ANALYZE; null when there was none. */
  estimatedRows: number | null;
}

export interface PublicationView {
  name: string;
  /** False: somebody dropped it, and nothing is streamed. */
  exists: boolean;
  publishes: { insert: boolean; update: boolean; delete: boolean };
  serverVersion: string;
  /** Every table of the project, published or not. */
  tables: PublicationTable[];
}
