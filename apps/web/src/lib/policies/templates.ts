import type { PolicyShape } from "../schemas/database.ts";
import { quoteName, quoteTable } from "../sql.ts";

export const EXTENSIONS = ["broadcast", "presence"] as const;
export type Extension = (typeof EXTENSIONS)[number];

export interface TemplateColumn {
  name: string;
  type: string;
}

/** What a template may ask for; each names those that it uses. */
export interface TemplateValues {
  action: "read" | "write";
  extensions: readonly Extension[];
  /** Beginning of topics: `room:`. */
  prefix: string;
  claim: string;
  /** A column of the table itself. */
  column: TemplateColumn | null;
  /** A table of memberships, `schema.table`, and its two columns. */
  members: string;
  membersTopic: string;
  membersUser: string;
}

export interface Template {
  id: string;
  /** `<...>` marks what is filled in. */
  title: string;
  hint: string;
  uses: readonly (keyof TemplateValues)[];
  build(values: TemplateValues): Omit<PolicyShape, "name">;
  /** What a list of policies shows; short, since its words stand beside it. */
  name(values: TemplateValues): string;
}

const SIGNED_IN = ["authenticated"];
const EVERYBODY = ["anon", "authenticated"];

export const FIRST_VALUES: TemplateValues = {
  action: "read",
  extensions: EXTENSIONS,
  prefix: "room:",
  claim: "team",
  column: null,
  members: "public.room_members",
  membersTopic: "topic",
  membersUser: "user_id",
};

/** For `realtime.messages`: who may use which private topics. */
export const MESSAGE_TEMPLATES: readonly Template[] = [
  {
    id: "own-topic",
    title: "Signed-in users, on the topic of their own id",
    hint: "Inboxes and notifications: `room:<their id>` belongs to one user.",
    uses: ["action", "extensions", "prefix"],
    build: (values) =>
      onMessages(values, SIGNED_IN, `realtime.topic() = ${literal(values.prefix)} || auth.uid()::text`),
    name: ({ action, prefix }) => `users ${action} ${prefix}<their id>`,
  },
  {
    id: "signed-in",
    title: "Signed-in users, on topics that begin with a text",
    hint: "Rooms that everybody with an account may enter.",
    uses: ["action", "extensions", "prefix"],
    build: (values) => onMessages(values, SIGNED_IN, beginsWith(values.prefix)),
    name: ({ action, prefix }) => `users ${action} ${prefix}*`,
  },
  {
    id: "everybody",
    title: "Everybody, on topics that begin with a text",
    hint: "Public announcements; visitors without an account included.",
    uses: ["action", "extensions", "prefix"],
    build: (values) => onMessages(values, EVERYBODY, beginsWith(values.prefix)),
    name: ({ action, prefix }) => `everybody ${action}s ${prefix}*`,
  },
  {
    id: "members",
    title: "Members of a room, as a table says",
    hint: "A row of the table joins a user and a topic.",
    uses: ["action", "extensions", "members", "membersTopic", "membersUser"],
    build: (values) =>
      onMessages(
        values,
        SIGNED_IN,
        `exists (\n    select 1 from ${members(values)} as member\n    where member.${quoteName(values.membersTopic)} = realtime.topic()\n      and member.${quoteName(values.membersUser)} = auth.uid()\n  )`,
      ),
    name: ({ action }) => `members ${action} their rooms`,
  },
  {
    id: "claim",
    title: "Whoever's token carries the topic in a claim",
    hint: "Teams and tenants: `team:<their team>`, without asking a table.",
    uses: ["action", "extensions", "prefix", "claim"],
    build: (values) =>
      onMessages(
        values,
        SIGNED_IN,
        `realtime.topic() = ${literal(values.prefix)} || (auth.jwt() ->> ${literal(values.claim)})`,
      ),
    name: ({ action, prefix, claim }) => `users ${action} ${prefix}<their ${claim}>`,
  },
];

/** For published tables: who is told of which rows. */
export const TABLE_TEMPLATES: readonly Template[] = [
  {
    id: "own-rows",
    title: "Each user sees his own rows",
    hint: "The column holds the id of the row's owner.",
    uses: ["column"],
    build: ({ column }) => onRows(SIGNED_IN, ownedBy(column)),
    name: ({ column }) => `users see rows of their ${column?.name ?? "own"}`,
  },
  {
    id: "claim-rows",
    title: "Each team sees its own rows",
    hint: "A claim of the token equals the column.",
    uses: ["claim", "column"],
    build: ({ column, claim }) =>
      onRows(SIGNED_IN, `${quoteName(column?.name ?? "")}::text = (select auth.jwt() ->> ${literal(claim)})`),
    name: ({ claim }) => `users see rows of their ${claim}`,
  },
  {
    id: "signed-in-rows",
    title: "Signed-in users see every row",
    hint: "Nothing in it is private among users.",
    uses: [],
    build: () => onRows(SIGNED_IN, "true"),
    name: () => "users see every row",
  },
  {
    id: "all-rows",
    title: "Everybody sees every row",
    hint: "Visitors without an account included.",
    uses: [],
    build: () => onRows(EVERYBODY, "true"),
    name: () => "everybody sees every row",
  },
];

function onMessages(
  { action, extensions }: TemplateValues,
  roles: string[],
  topics: string | null,
): Omit<PolicyShape, "name"> {
  const names = extensions.map(literal);
  const of = names.length === 1 ? `extension = ${names[0]}` : `extension in (${names.join(", ")})`;
  const expression = topics === null ? of : `${topics}\n  and ${of}`;
  return action === "read"
    ? { command: "select", permissive: true, roles, using: expression, check: null }
    : { command: "insert", permissive: true, roles, using: null, check: expression };
}

function onRows(roles: string[], using: string): Omit<PolicyShape, "name"> {
  return { command: "select", permissive: true, roles, using, check: null };
}

/** Wrapped in a select, so that Postgres asks once per query and not once per row. */
function ownedBy(column: TemplateColumn | null): string {
  const asText = column === null || column.type === "uuid" ? "" : "::text";
  return `(select auth.uid())${asText} = ${quoteName(column?.name ?? "")}${column?.type === "text" ? "" : asText}`;
}

/** Null: every topic. */
function beginsWith(prefix: string): string | null {
  return prefix === "" ? null : `starts_with(realtime.topic(), ${literal(prefix)})`;
}

/** `schema.table`; without a schema that of the project's own tables. */
function members({ members: name }: TemplateValues): string {
  const dot = name.indexOf(".");
  return dot < 0
    ? quoteTable({ schema: "public", table: name })
    : quoteTable({ schema: name.slice(0, dot), table: name.slice(dot + 1) });
}

function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** The name, with a number behind it where a policy of this name is there already. */
export function freeName(name: string, taken: readonly string[]): string {
  const short = clip(name);
  if (!taken.includes(short)) return short;
  for (let n = 2; ; n++) {
    const next = `${clip(name, 4)} ${n}`;
    if (!taken.includes(next)) return next;
  }
}

/** Postgres keeps 63 bytes of a name. */
const NAME_BYTES_MAX = 63;

function clip(name: string, reserve = 0): string {
  const bytes = new TextEncoder().encode(name).slice(0, NAME_BYTES_MAX - reserve);
  // Half a character at the end becomes a replacement mark, which goes.
  return new TextDecoder()
    .decode(bytes)
    .replace(/\uFFFD+$/, "")
    .trim();
}
