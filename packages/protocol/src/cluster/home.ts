import { z } from "zod";

/**
 * What nodes ask of a project's home. Every request carries its own deadline; every refusal says code, stage and times
 * (promises P1 and P7). Requests travel as JSON over `bus.request(subjects.home(ref))`.
 */
export const Extension = z.enum(["broadcast", "presence"]);
export type Extension = z.infer<typeof Extension>;

export const AuthorizeRequest = z.object({
  kind: z.literal("authorize"),
  action: z.enum(["read", "write"]),
  topic: z.string(),
  claims: z.record(z.string(), z.unknown()),
  /** The `x-*` headers of the handshake, or all headers of a REST call (protocol 7.1). */
  headers: z.record(z.string(), z.string()),
  extensions: z.array(Extension).nonempty(),
  /** For a channel that lives already: it goes before those that would like to. */
  live: z.boolean().optional(),
});
export type AuthorizeRequest = z.infer<typeof AuthorizeRequest>;

/** Granted per extension asked for; an extension that was not asked for is absent. */
export const Grants = z.object({
  broadcast: z.boolean().optional(),
  presence: z.boolean().optional(),
  /** Print of the policies, privileges and roles that said so; see the notice `authorization`. */
  print: z.string().optional(),
});
export type Grants = z.infer<typeof Grants>;

/** A binding after parsing: what a shape is made of, without claims (protocol 6.1). */
export const BindingSpec = z.object({
  event: z.enum(["*", "INSERT", "UPDATE", "DELETE"]),
  schema: z.string(),
  table: z.string(),
  /** Source text of the filter; parsed again by the home, which alone knows the table's types. */
  filter: z.string().optional(),
  select: z.array(z.string()).optional(),
});
export type BindingSpec = z.infer<typeof BindingSpec>;

export const RegisterShapes = z.object({
  kind: z.literal("register-shapes"),
  node: z.string(),
  boot: z.string(),
  /** Unique per (channel, join) on the asking node. All bindings of one join stand or fall together (protocol 6.3). */
  registration: z.string(),
  claims: z.record(z.string(), z.unknown()),
  bindings: z.array(BindingSpec).nonempty(),
  /** These bindings held before, with another home or epoch: the answer must say what they have missed. */
  resume: z.boolean().optional(),
  /** With `resume`: the epoch in which these bindings held last. */
  held: z.int().optional(),
  /** With `resume`: from where on these bindings were promised all. */
  since: z.string().optional(),
  /** The last change that the node has seen, for whichever of its channels. */
  seen: z.string().optional(),
});
export type RegisterShapes = z.infer<typeof RegisterShapes>;

/** Shape ids aligned with the bindings asked for, and the LSN from which the registration holds (promise P8). */
export const ShapesRegistered = z.object({
  shapes: z.array(z.string()),
  lsn: z.string(),
  epoch: z.int(),
  /** Of a resumed registration: what was handed on without it. Absent when nothing was. */
  missed: z.object({ fromLsn: z.string(), toLsn: z.string() }).optional(),
  /**
   * Of a registration that comes while a new home gathers those of the last one: rows since `fromLsn` are still to
   * come, and a channel that lost its node with the home has not seen them. Commits before `sinceMs` are too old.
   */
  backlog: z.object({ fromLsn: z.string(), sinceMs: z.number() }).optional(),
});
export type ShapesRegistered = z.infer<typeof ShapesRegistered>;

export const ReleaseShapes = z.object({
  kind: z.literal("release-shapes"),
  node: z.string(),
  boot: z.string(),
  registrations: z.array(z.string()),
});

/** The lease of a node's registrations, renewed every few seconds; without it the home forgets them. */
export const HoldShapes = z.object({
  kind: z.literal("hold-shapes"),
  node: z.string(),
  boot: z.string(),
  registrations: z.int(),
});
/** `known` differs from what the node holds: it registers again. */
export const ShapesHeld = z.object({
  known: z.int(),
  epoch: z.int(),
  /** The last message of changes sent to this life of the node in this epoch, so that it notices a lost tail. */
  sent: z.object({ seq: z.int(), lsn: z.string() }).optional(),
});
export type ShapesHeld = z.infer<typeof ShapesHeld>;

export const ReplayRequest = z.object({
  kind: z.literal("replay"),
  topic: z.string(),
  since: z.number(),
  limit: z.int().optional(),
});
export const ReplayedMessage = z.object({
  id: z.string(),
  event: z.string(),
  /** JSON text, or base64 when `encoding` is binary. */
  payload: z.string(),
  encoding: z.enum(["json", "binary"]),
});
export type ReplayedMessage = z.infer<typeof ReplayedMessage>;

export const StatusRequest = z.object({ kind: z.literal("status") });

export const HomeRequest = z.discriminatedUnion("kind", [
  AuthorizeRequest,
  RegisterShapes,
  ReleaseShapes,
  HoldShapes,
  ReplayRequest,
  StatusRequest,
]);
export type HomeRequest = z.infer<typeof HomeRequest>;

/** A refusal as it crosses the bus; `code` is a key of the error table. */
export const HomeRefusal = z.object({
  ok: z.literal(false),
  code: z.string(),
  message: z.string(),
  stage: z.string(),
  elapsedMs: z.number(),
  retryAfterMs: z.number().optional(),
});
export type HomeRefusal = z.infer<typeof HomeRefusal>;
export const HomeReply = z.union([z.object({ ok: z.literal(true), result: z.unknown() }), HomeRefusal]);
export type HomeReply = z.infer<typeof HomeReply>;
