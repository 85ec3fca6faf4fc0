import { z } from "zod";

/** One tracked payload of one channel, as nodes tell each other of it. */
export const PresenceEntry = z.object({
  channel: z.string(),
  connection: z.string(),
  key: z.string(),
  /** The finished meta, `phx_ref` included. */
  meta: z.looseObject({ phx_ref: z.string() }),
  sinceMs: z.number(),
  /** Its socket was closed by a node that drains: whoever comes back with this key takes the meta over. */
  leaving: z.literal(true).optional(),
});
export type PresenceEntry = z.infer<typeof PresenceEntry>;

/** Who speaks. Only the boot itself ever writes what it says of its own members. */
const Author = z.object({ node: z.string(), region: z.string(), boot: z.string() });
export type PresenceAuthor = z.infer<typeof Author>;

/** All of an author's members at a version. Of two parts of one author the one with the higher version is the truth. */
export const PresencePart = z.object({
  author: Author,
  version: z.int().nonnegative(),
  members: z.array(PresenceEntry),
});
export type PresencePart = z.infer<typeof PresencePart>;

/**
 * What travels on a room's presence subject.
 * - `delta`: the author's members went from version `from` to version `to`
 * - `digest`: the version the author is at, every few seconds
 */
export const PresenceMessage = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("delta"),
    author: Author,
    from: z.int().nonnegative(),
    to: z.int().positive(),
    set: z.array(PresenceEntry),
    removed: z.array(z.string()),
  }),
  z.object({ kind: z.literal("digest"), author: Author, version: z.int().nonnegative() }),
]);
export type PresenceMessage = z.infer<typeof PresenceMessage>;
export type PresenceDelta = Extract<PresenceMessage, { kind: "delta" }>;

/** Asked of one boot on `subjects.presenceTransfer(boot)`; it answers with its `PresencePart` of the room. */
export const PresenceTransfer = z.object({
  room: z.object({ ref: z.string(), topic: z.string(), private: z.boolean() }),
});
export type PresenceTransfer = z.infer<typeof PresenceTransfer>;
