import { z } from "zod";
import { OfProject } from "./project.ts";

/** What Postgres keeps of a name; longer ones would silently mean another object. */
const IDENTIFIER_BYTES_MAX = 63;
const EXPRESSION_CHARACTERS_MAX = 10_000;

const Identifier = z
  .string()
  .min(1, "give it a name")
  .refine((name) => new TextEncoder().encode(name).length <= IDENTIFIER_BYTES_MAX, "at most 63 bytes")
  .refine((name) => !name.includes("\0"), "no null characters");

const Expression = z
  .string()
  .trim()
  .min(1, "write an expression")
  .max(EXPRESSION_CHARACTERS_MAX, "at most 10,000 characters");

const OfTable = z.object({ schema: Identifier, table: Identifier });

export const POLICY_COMMANDS = ["all", "select", "insert", "update", "delete"] as const;
export const PolicyCommand = z.enum(POLICY_COMMANDS);
export type PolicyCommand = z.infer<typeof PolicyCommand>;

/** Adds the table to the publication; `again` when it is there already, with other columns or another filter. */
const Publish = OfTable.extend({
  kind: z.literal("publish"),
  again: z.boolean(),
  /** Null publishes all, also those that are added later. */
  columns: z.array(Identifier).min(1, "publish at least one column").nullable(),
  filter: Expression.nullable(),
});
export type Publish = z.infer<typeof Publish>;

export const PolicyShape = z.object({
  name: Identifier,
  command: PolicyCommand,
  /** Empty means every role. */
  roles: z.array(Identifier),
  permissive: z.boolean(),
  using: Expression.nullable(),
  check: Expression.nullable(),
});
export type PolicyShape = z.infer<typeof PolicyShape>;

const CreatePolicy = OfTable.extend({ kind: z.literal("create-policy"), ...PolicyShape.shape });
export type CreatePolicy = z.infer<typeof CreatePolicy>;

const EditPolicy = OfTable.extend({
  kind: z.literal("edit-policy"),
  before: PolicyShape,
  after: PolicyShape,
});
export type EditPolicy = z.infer<typeof EditPolicy>;

const DropPolicy = OfTable.extend({ kind: z.literal("drop-policy"), name: Identifier });

export const PolicyChange = z.discriminatedUnion("kind", [CreatePolicy, EditPolicy, DropPolicy]);
export type PolicyChange = z.infer<typeof PolicyChange>;

/** Everything the dashboard changes in a project's database. Its SQL is made by `toStatements`, for the eye and for Postgres. */
export const DatabaseChange = z.discriminatedUnion("kind", [
  Publish,
  OfTable.extend({ kind: z.literal("unpublish") }),
  OfTable.extend({ kind: z.literal("row-security"), enabled: z.boolean() }),
  OfTable.extend({ kind: z.literal("replica-identity"), identity: z.enum(["default", "full"]) }),
  CreatePolicy,
  EditPolicy,
  DropPolicy,
]);
export type DatabaseChange = z.infer<typeof DatabaseChange>;

export const ApplyChange = OfProject.extend({ change: DatabaseChange });

export const Simulate = OfProject.extend({
  topic: z.string().trim().min(1, "name a topic"),
  claims: z.record(z.string(), z.unknown()),
});
export type Simulate = z.infer<typeof Simulate>;

export const DryRun = OfProject.extend({
  change: PolicyChange.refine(
    ({ schema, table }) => schema === "realtime" && table === "messages",
    "only policies on realtime.messages decide about joins",
  ),
});
