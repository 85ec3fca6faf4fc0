import { setTimeout as delay } from "node:timers/promises";
import { connectPhoenix, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { SeededRandom } from "@tidewire/testkit/seeded-random";
import { parseLsn } from "../../src/wal/lsn.ts";
import type { House } from "./house.ts";
import { type Delivered, keyOf, type Session, type Wish } from "./oracle.ts";
import { type Op, TOPIC } from "./workload.ts";

const RETRY_MS = 150;
const HEARTBEAT_MS = 10_000;
const JOIN_PATIENCE_MS = 30_000;

export interface Subscription {
  name: string;
  /** Absent: the publishable key alone, role `anon`. */
  claims?: { role: string; sub: string };
  bindings: object[];
  wishOf(op: Op): Wish;
}

/** A client as a person's browser would be one: it subscribes, and comes back on any node whenever it is thrown out. */
export class Subscriber {
  readonly subscription: Subscription;
  readonly sessions: Session[] = [];
  readonly #house: House;
  readonly #random: SeededRandom;
  #client: PhoenixClient | undefined;

  constructor(house: House, subscription: Subscription, random: SeededRandom) {
    this.#house = house;
    this.subscription = subscription;
    this.#random = random;
  }

  /** @param node where to go first, and again for as long as it is there */
  async run(signal: AbortSignal, node: string): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#session(
          this.#house.urlOf(node) === undefined ? this.#random.pick(this.#house.names) : node,
        );
      } catch {
        // Nobody there, or thrown out during the join.
      }
      if (!signal.aborted) await delay(RETRY_MS);
    }
  }

  /** Ends for good; the last session counts as one that lived to the end. */
  close(): void {
    this.#client?.socket.terminate();
  }

  async #session(node: string): Promise<void> {
    const { project } = this.#house;
    const { claims, bindings } = this.subscription;
    const url = this.#house.urlOf(node);
    if (url === undefined) return;
    const client = await connectPhoenix({ url, apikey: project.keys.publishable.value });
    this.#client = client;
    const session: Session = {
      node,
      fromLsn: null,
      delivered: [],
      broadcasts: [],
      systems: [],
      isOver: false,
    };
    this.sessions.push(session);
    client.socket.on("message", () => collect(client, session));
    const topic = `realtime:${TOPIC}`;
    const access_token = claims && project.database.token(claims);
    const ref = client.nextRef();
    const payload = { config: { postgres_changes: bindings }, ...(access_token && { access_token }) };
    const beat = setInterval(() => client.send("phoenix", "heartbeat", {}), HEARTBEAT_MS);
    try {
      client.sendText({ joinRef: ref, ref, topic, event: "phx_join", payload });
      const { status } = await client.expectReply(topic, ref, { withinMs: JOIN_PATIENCE_MS });
      if (status !== "ok") client.socket.terminate();
      await client.closed;
    } finally {
      clearInterval(beat);
      client.socket.terminate();
      await client.closed;
      collect(client, session);
      session.isOver = true;
    }
  }
}

const READ = new WeakMap<Session, number>();

/** Moves what has arrived since the last time into the session. */
function collect(client: PhoenixClient, session: Session): void {
  const { frames } = client;
  for (let at = READ.get(session) ?? 0; at < frames.length; at++) {
    const frame = frames[at];
    if (frame?.event === "postgres_changes") session.delivered.push(toDelivered(frame.payload));
    if (frame?.event === "broadcast") session.broadcasts.push(toKey(frame.payload));
    if (frame?.event === "system") onSystem(session, frame.payload as Record<string, unknown>);
  }
  READ.set(session, frames.length);
}

function onSystem(session: Session, payload: Record<string, unknown>): void {
  session.systems.push(payload);
  if (payload.message === "Subscribed to PostgreSQL") session.fromLsn ??= parseLsn(String(payload.lsn));
}

function toKey(payload: unknown): string {
  const { n } = (payload as { payload: { n: number } }).payload;
  return keyOf({ table: "messages", type: "INSERT", id: n, n });
}

interface ChangePayload {
  data: {
    table: Op["table"];
    type: Op["type"];
    lsn: string;
    record?: { id: number; n: number };
    old_record?: { id: number };
  };
}

function toDelivered(payload: unknown): Delivered {
  const { table, type, lsn, record, old_record } = (payload as ChangePayload).data;
  const { id = 0, n = 0 } = { ...old_record, ...record };
  return { key: keyOf({ table, type, id, n: type === "DELETE" ? 0 : n }), lsn: parseLsn(lsn) };
}
