import { connectPhoenix, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { ReceivedFrame, Vsn } from "@tidewire/testkit/phoenix-wire";
import { encodeUserBroadcast } from "@tidewire/testkit/phoenix-wire";
import {
  type BroadcastMeta,
  Continuity,
  type Positions,
} from "../../../../packages/client/src/continuity.ts";
import { Outbound } from "../../../../packages/client/src/outbound.ts";
import { type SystemPayload, toMeaning } from "../../../../packages/client/src/system-message.ts";
import { Diary, EVENT, type MemberOptions, type SoakMember } from "./member.ts";

const PUBLISH_TIMEOUT_MS = 60_000;
const RETRY_MS = 200;
const HEARTBEAT_MS = 10_000;

interface Life {
  readonly room: string;
  readonly continuity: Continuity;
  readonly outbound: Outbound;
  readonly present: Map<string, string>;
  hasState: boolean;
}

/** A client that follows `docs/protocol.md` frame by frame, with no library between it and the socket. */
export function createRawMember({ name, url, apikey, record }: MemberOptions, vsn: Vsn): SoakMember {
  const diary = new Diary(record, name);
  let life: Life | undefined;
  let connection: PhoenixClient | undefined;
  let closed = false;
  let ids = 0;

  const heartbeats = setInterval(() => {
    if (connection?.open) connection.send("phoenix", "heartbeat", {});
  }, HEARTBEAT_MS);

  async function run(): Promise<void> {
    while (!closed) {
      const opened = await connectPhoenix({ url, apikey, vsn }).catch(() => undefined);
      if (opened !== undefined && !closed) {
        connection = opened;
        opened.onFrame((frame) => onFrame(opened, frame));
        if (life !== undefined) await join(opened, life);
        await opened.closed;
        connection = undefined;
        life?.outbound.pause();
        if (diary.isIn) diary.lost();
      }
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS * Math.random()));
    }
  }

  async function join(on: PhoenixClient, current: Life): Promise<void> {
    const topic = `realtime:${current.room}`;
    const broadcast = { ack: true, ...current.continuity.toConfig() };
    const config = { broadcast, presence: { key: name, enabled: true } };
    current.present.clear();
    current.hasState = false;
    const reply = await on.tryJoin(topic, { config }).catch(() => undefined);
    if (life !== current || connection !== on) return;
    if (reply?.status !== "ok") {
      on.socket.terminate();
      return;
    }
    if (!diary.isIn) diary.entered(current.room, true);
    diary.back();
    diary.present(current.room);
    on.send(topic, "presence", { type: "presence", event: "track", payload: { at: name } });
    current.outbound.open();
  }

  function onFrame(on: PhoenixClient, { topic, event, ref, payload }: ReceivedFrame): void {
    const current = life;
    if (current === undefined || on !== connection || topic !== `realtime:${current.room}`) return;
    switch (event) {
      case "phx_reply":
        onReply(current, ref, payload as AckedReply);
        break;
      case "broadcast": {
        const { payload: said, meta } = payload as BroadcastBody;
        if (current.continuity.admit(meta)) diary.heard(said, meta);
        break;
      }
      case "system":
        onSystem(current, payload as SystemPayload);
        break;
      case "presence_state":
        current.hasState = true;
        addAll(current.present, payload as PresenceMetas);
        break;
      case "presence_diff":
        applyDiff(current.present, payload as { joins: PresenceMetas; leaves: PresenceMetas });
    }
  }

  function onReply(current: Life, ref: string | null, { status, response }: AckedReply): void {
    if (response.positions !== undefined) {
      current.continuity.joined(response);
      return;
    }
    const id = ref === null ? undefined : sentByRef.get(ref);
    if (ref === null || id === undefined) return;
    sentByRef.delete(ref);
    const { origin, seq, repeated } = response;
    if (status !== "ok") {
      current.outbound.refused(id, JSON.stringify(response));
      return;
    }
    if (origin !== undefined && seq !== undefined && !repeated) current.continuity.accepted(origin, seq);
    current.outbound.accepted(id, { origin, seq, repeated });
  }

  function onSystem({ continuity }: Life, payload: SystemPayload): void {
    const { gap, recovery } = toMeaning(payload, Date.now());
    if (recovery !== undefined) continuity.resumed();
    if (gap === undefined) return;
    if (gap.origin !== undefined && gap.toSeq !== undefined) continuity.lost(gap.origin, gap.toSeq);
    diary.gap(gap);
  }

  const sentByRef = new Map<string, string>();
  const write = (room: string) => (message: { id: string; event: string; payload: unknown }) => {
    if (!connection?.open) return;
    const topic = `realtime:${room}`;
    const { id, event, payload } = message;
    if (vsn === "1.0.0") {
      sentByRef.set(connection.send(topic, "broadcast", { type: "broadcast", event, payload, id }), id);
      return;
    }
    const ref = connection.nextRef();
    sentByRef.set(ref, id);
    const joinRef = connection.joinRef(topic) ?? "";
    connection.socket.send(
      encodeUserBroadcast({ joinRef, ref, topic, event, payload, metadata: JSON.stringify({ id }) }),
    );
  };
  void run();
  return {
    name,
    get room() {
      return life?.room;
    },
    async enter(room) {
      const before = life;
      life = undefined;
      diary.left();
      before?.outbound.close();
      if (before !== undefined && connection?.open) {
        connection.send(`realtime:${before.room}`, "phx_leave", {});
      }
      const present = new Map<string, string>();
      const outbound = new Outbound({ canWrite: () => connection?.open === true, write: write(room) });
      life = { room, continuity: new Continuity(), outbound, present, hasState: false };
      if (connection?.open) void join(connection, life);
    },
    publish() {
      if (life === undefined || !diary.isIn) return;
      const { payload, accepted } = diary.publishing(life.room);
      const id = `${name}-${++ids}`;
      life.continuity.sent(id);
      const message = { id, event: EVENT, payload, timeoutMs: PUBLISH_TIMEOUT_MS };
      life.outbound.publish(message).then(accepted, () => undefined);
    },
    breakLine: () => connection?.socket.terminate(),
    isJoined: () => connection?.open === true && life?.hasState === true,
    presentKeys() {
      if (!connection?.open || !life?.hasState) return undefined;
      return [...new Set(life.present.values())];
    },
    async close() {
      closed = true;
      clearInterval(heartbeats);
      life?.outbound.close();
      diary.left();
      connection?.socket.terminate();
    },
  };
}

interface AckedReply {
  status: "ok" | "error";
  response: {
    positions?: Positions;
    joined_at?: number;
    origin?: string;
    seq?: number;
    repeated?: boolean;
  };
}

interface BroadcastBody {
  payload: { p: string; n: number };
  meta?: BroadcastMeta;
}

type PresenceMetas = Record<string, { metas: { phx_ref: string }[] }>;

function addAll(present: Map<string, string>, state: PresenceMetas): void {
  for (const [key, { metas }] of Object.entries(state)) {
    for (const { phx_ref } of metas) present.set(phx_ref, key);
  }
}

function applyDiff(
  present: Map<string, string>,
  { joins, leaves }: { joins: PresenceMetas; leaves: PresenceMetas },
): void {
  addAll(present, joins);
  for (const { metas } of Object.values(leaves)) for (const { phx_ref } of metas) present.delete(phx_ref);
}
