import { createClient, type RealtimeChannel } from "@supabase/supabase-js";
import { WebSocket } from "ws";
import { type AppClient, openApp } from "./app-client.ts";
import { MESSAGES_TABLE, openDatabase } from "./database.ts";
import type { ShownProject } from "./new-project.ts";

const PEOPLE = ["ada", "grace", "linus", "barbara", "edsger", "radia"] as const;
const ROOMS = ["room:lobby", "room:design", "cursors:board-7"] as const;

const CURSOR_MS = 90;
const CHAT_MS = 450;
const TRACK_MS = 1_300;
const ROW_MS = 220;
const REFUSAL_MS = 1_700;

/** An app in use: people in rooms, cursors, chat, row changes, and now and then somebody who is refused. */
export async function startTraffic(project: ShownProject, databaseUrl: string): Promise<AsyncDisposable> {
  const database = await openDatabase(databaseUrl);
  await database.query(MESSAGES_TABLE);
  const apps: AppClient[] = [];
  const channels: RealtimeChannel[] = [];
  for (const [index, key] of PEOPLE.entries()) {
    const app = openApp(project);
    apps.push(app);
    for (const [place, topic] of ROOMS.entries()) {
      if (index % (place + 1) !== 0) continue;
      const channel = await app.join(
        topic,
        (room) =>
          room.on("broadcast", { event: "*" }, () => undefined).on("postgres_changes", ROWS, () => undefined),
        { config: { presence: { key } } },
      );
      await channel.track({ name: key, device: index % 2 === 0 ? "web" : "phone", typing: false });
      channels.push(channel);
    }
  }

  let n = 0;
  let tracks = 0;
  const pick = () => channels[n++ % channels.length];
  const timers = [
    setInterval(() => void say(pick(), "cursor", { x: (n * 37) % 1440, y: (n * 53) % 900 }), CURSOR_MS),
    setInterval(
      () => void say(pick(), "message", { text: `Message ${n}`, mentions: [PEOPLE[n % 6]] }),
      CHAT_MS,
    ),
    setInterval(() => void channels[tracks++ % channels.length]?.track({ typing: true, at: n }), TRACK_MS),
    setInterval(() => void changeRows(), ROW_MS),
    setInterval(() => void beRefused(project), REFUSAL_MS),
  ];
  const changeRows = () =>
    database
      .query(
        n % 3 === 0
          ? "update messages set body = body || ' (edited)' where id = (select max(id) from messages)"
          : "insert into messages (room, body) select 'lobby', 'Message ' || g from generate_series(1, 3) g",
      )
      .catch(() => undefined);

  return {
    async [Symbol.asyncDispose]() {
      for (const timer of timers) clearInterval(timer);
      for (const app of apps) await app[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const ROWS = { event: "*", schema: "public", table: "messages" } as const;

async function say(channel: RealtimeChannel | undefined, event: string, payload: object): Promise<void> {
  await channel?.send({ type: "broadcast", event, payload });
}

/** A stranger at a private door: the project has no policy that would let anybody in. */
async function beRefused({ url, publishableKey }: ShownProject): Promise<void> {
  const client = createClient(url, publishableKey, {
    realtime: { transport: WebSocket as never },
    auth: { persistSession: false, autoRefreshToken: false },
  });
  const door = client.channel("vault:secret", { config: { private: true } });
  await new Promise<void>((resolve) => {
    door.subscribe((status) => {
      if (status !== "SUBSCRIBED") resolve();
    });
  });
  await client.removeAllChannels();
  await client.realtime.disconnect();
}
