import { TapKind } from "@tidewire/protocol/cluster/tap";
import { z } from "zod";
import { OfProject } from "./project.ts";

/** More rows a second than this no one reads; the rest is counted, not sent. */
const TAIL_RATE_MAX = 500;

export const Tail = OfProject.extend({
  kinds: z.array(TapKind).optional(),
  /** Exact topic, or a prefix that ends in `*`. */
  topic: z.string().optional(),
  /** Free text, found anywhere in the event. */
  text: z.string().max(200).optional(),
  /** Also the way of each broadcast through every node. */
  trace: z.boolean().optional(),
  maxPerSecond: z.int().min(1).max(TAIL_RATE_MAX).default(200),
  /** Set by the SSE link on a reconnect. */
  lastEventId: z.string().nullish(),
});

/** As whom a message is sent; everything but `service` is judged by the project's policies. */
export const Sender = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("service") }),
  z.object({ kind: z.literal("anon") }),
  z.object({
    kind: z.literal("user"),
    sub: z.string().min(1),
    claims: z.record(z.string(), z.unknown()).optional(),
  }),
]);
export type Sender = z.infer<typeof Sender>;

function isJsonObject(text: string): boolean {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

export const SendMessage = OfProject.extend({
  topic: z.string().min(1, "name a topic"),
  event: z.string().min(1, "name an event"),
  payload: z.string().refine(isJsonObject, "a JSON object"),
  private: z.boolean().default(false),
  as: Sender.default({ kind: "service" }),
});
export type SendMessage = z.infer<typeof SendMessage>;
