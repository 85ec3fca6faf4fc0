import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { HandshakeRefused, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import type { Vsn } from "@tidewire/testkit/phoenix-wire";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  binaryFrame,
  binding,
  joinPayload,
  METACHARACTERS,
  restBody,
  text,
  textFrame,
  token,
  topic,
} from "./fuzz/arbitraries.ts";
import { Neighbour } from "./fuzz/neighbour.ts";
import { Poller } from "./harness/poller.ts";
import { type Cluster, startCluster } from "./harness.ts";

/** Set by `npm run fuzz`. */
const RUNS = Number(process.env.TIDEWIRE_FUZZ_RUNS ?? 0);
const SHORT = { numRuns: 120, interruptAfterTimeLimit: 1_200 };
const BOUNDS = { endOnFailure: RUNS === 0, ...(RUNS > 0 ? { numRuns: RUNS } : SHORT) };
const PATIENCE_MS = 60_000 + RUNS * 1_000;
const HEAP_GROWTH_BYTES_MAX = 48 * 1024 * 1024;

const SQL = `
  create table public.canary (id int primary key, word text);
  insert into public.canary values (1, 'alive');
  create table public.notes (id bigint generated always as identity primary key, owner uuid, body text);
  grant select on public.notes to anon, authenticated;
  alter publication supabase_realtime add table public.notes;
  create policy "all may read" on realtime.messages for select to authenticated using (true);
  create policy "all may write" on realtime.messages for insert to authenticated with check (true);
`;
const FINGERPRINT = `
  select (select json_agg(c order by id) from public.canary c) as canary,
    (select count(*)::int from pg_class where relnamespace in ('public'::regnamespace, 'realtime'::regnamespace)
      and relname !~ '^messages_\\d') as relations,
    (select count(*)::int from pg_roles) as roles,
    (select count(*)::int from pg_policies) as policies,
    (select count(*)::int from realtime.messages) as messages
`;
const PLENTY = {
  maxConcurrentUsers: 100_000,
  maxJoinsPerSecond: 100_000,
  maxChannelsPerClient: 100_000,
  maxEventsPerSecond: 1_000_000,
  maxPresenceEventsPerSecond: 1_000_000,
  maxClientPresenceEventsPerWindow: 100_000,
};

let cluster: Cluster;
let neighbour: Neighbour;
let fingerprint: unknown;
const fingerprintNow = async () => (await cluster.project.database.query(FINGERPRINT)).rows[0];
beforeAll(async () => {
  cluster = await startCluster({ sql: SQL, limits: PLENTY });
  neighbour = await Neighbour.meet(() => cluster.connect());
  fingerprint = await fingerprintNow();
});
afterAll(async () => {
  neighbour?.[Symbol.dispose]();
  await cluster?.[Symbol.asyncDispose]();
});

const user = (vsn: Vsn) => cluster.connect(0, { vsn, apikey: cluster.project.database.token() });

/** The socket answers after whatever was sent before. Only what it was sent on may have ended. */
async function answers(client: PhoenixClient): Promise<void> {
  const ref = `alive-${client.nextRef()}`;
  client.sendText({ joinRef: null, ref, topic: "phoenix", event: "heartbeat", payload: {} });
  expect(await client.expectReply("phoenix", ref)).toEqual({ status: "ok", response: {} });
}

/** Protocol 1.4. */
const HANDSHAKE_SENTENCES =
  /^(API key is missing|Token has expired|Fields `role` and `exp` are required in JWT|The token provided is not a valid JWT|Failed to validate JWT signature|Failed to generate JWT signer.*|Error connecting to Realtime)$/s;

/** As a URL can carry it: without lone surrogates. */
const wellFormed = (value: string) => Buffer.from(value).toString();

/** Opens, or is refused with a status and a sentence of the table. */
async function expectHandshake(apikey: string): Promise<void> {
  try {
    await using client = await cluster.connect(0, { apikey: wellFormed(apikey) });
    await answers(client);
  } catch (error) {
    if (!(error instanceof HandshakeRefused)) throw error;
    expect([401, 500]).toContain(error.status);
    expect((JSON.parse(error.body) as { error: string }).error).toMatch(HANDSHAKE_SENTENCES);
  }
}

async function check(property: fc.IAsyncProperty<unknown>): Promise<void> {
  await fc.assert(property, BOUNDS);
  await neighbour.hasLostNothing();
  expect(await fingerprintNow()).toEqual(fingerprint);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
}

describe.each<Vsn>(["1.0.0", "2.0.0"])("whatever comes over %s", (vsn) => {
  test(
    "[E5] [C14] frames: the socket answers, and a neighbour loses nothing",
    async () => {
      await using client = await user(vsn);
      const frame = fc.oneof(textFrame(vsn), binaryFrame);
      await check(
        fc.asyncProperty(fc.array(frame, { minLength: 1, maxLength: 20 }), async (frames) => {
          for (const bytes of frames) client.socket.send(bytes);
          await answers(client);
          client.forget();
        }),
      );
    },
    PATIENCE_MS,
  );

  test(
    "[E5] [J11] join payloads: each is answered, and so is the socket",
    async () => {
      await using client = await user(vsn);
      await check(
        fc.asyncProperty(topic, joinPayload, async (name, payload) => {
          const ref = client.nextRef();
          const quoted = JSON.stringify(name);
          client.socket.send(
            vsn === "2.0.0"
              ? `["${ref}","${ref}",${quoted},"phx_join",${payload}]`
              : `{"topic":${quoted},"event":"phx_join","payload":${payload},"ref":"${ref}","join_ref":"${ref}"}`,
          );
          const { payload: reply } = await client.expectFrame({ ref, event: "phx_reply" });
          expect(["ok", "error"]).toContain((reply as { status: string }).status);
          const leave = client.nextRef();
          client.sendText({ joinRef: ref, ref: leave, topic: name, event: "phx_leave", payload: {} });
          await client.expectFrame({ ref: leave, event: "phx_reply" });
          client.forget();
        }),
      );
    },
    PATIENCE_MS,
  );
});

test(
  "[E5] [C35] posts of long polling: the session answers after them, a wrong token is 410, a neighbour loses nothing",
  async () => {
    const apikey = cluster.project.database.token();
    const poller = new Poller(cluster.projectUrl(), { apikey });
    await poller.poll();
    const line = fc.oneof(
      textFrame("2.0.0"),
      binaryFrame.map((bytes) => Buffer.from(bytes).toString("base64")),
      text,
    );
    const type = fc.constantFrom("application/x-ndjson", "application/json", "text/plain");
    let beats = 0;
    await check(
      fc.asyncProperty(fc.array(line, { maxLength: 20 }), type, text, async (lines, contentType, token) => {
        expect((await poller.post(lines.join("\n"), contentType)).status).toBe(200);
        const ref = `beat-${++beats}`;
        await poller.post(JSON.stringify([null, ref, "phoenix", "heartbeat", {}]));
        let heard: string[] = [];
        while (!heard.some((message) => message.startsWith(`[null,"${ref}",`))) {
          const { status, messages = [] } = await poller.poll();
          expect([200, 204]).toContain(status);
          heard = messages;
        }
        const stranger = new Poller(cluster.projectUrl(), { apikey });
        stranger.token = `x${wellFormed(token)}`;
        expect((await stranger.poll()).status).toBe(410);
      }),
    );
  },
  PATIENCE_MS,
);

test(
  "[E5] bindings and filters: each join is told that it is subscribed or why not",
  async () => {
    await using client = await user("2.0.0");
    let count = 0;
    await check(
      fc.asyncProperty(binding, async (entry) => {
        const [ref, name] = [client.nextRef(), `realtime:filter-${++count}`];
        client.socket.send(
          `["${ref}","${ref}","${name}","phx_join",{"config":{"postgres_changes":[${entry}]}}]`,
        );
        const { status } = await client.expectReply(name, ref);
        expect(status).toBe("ok");
        await client.expectFrame({ topic: name, event: "system" });
        client.sendText({ joinRef: ref, ref: `l${ref}`, topic: name, event: "phx_leave", payload: {} });
        await client.expectReply(name, `l${ref}`);
      }),
    );
  },
  PATIENCE_MS,
);

test(
  "[A1] [E3] tokens: at the handshake, at a join and on a live channel; refusals are those of the table",
  async () => {
    await using client = await user("2.0.0");
    const secret = cluster.project.jwtSecret;
    let count = 0;
    await check(
      fc.asyncProperty(token(secret), async (value) => {
        const name = `realtime:token-${++count}`;
        const { status, response } = await client.tryJoin(name, {
          config: { private: true },
          access_token: value,
        });
        if (status === "error") {
          expect(response.reason).toMatch(/^(\w+: |Unknown Error on Channel$)/);
          expect(response.reason).not.toMatch(/TypeError|at \w+ \(|node_modules/);
          await client.join(name, { private: true });
        }
        client.send(name, "access_token", { access_token: value });
        await answers(client);
        await client.leave(name);
        await expectHandshake(value);
        const url = `${cluster.projectUrl()}/api/broadcast`;
        const { status: http } = await fetch(url, {
          method: "POST",
          headers: { "content-type": "application/json", apikey: encodeURIComponent(wellFormed(value)) },
          body: "{}",
        });
        expect([401, 422, 500]).toContain(http);
      }),
    );
  },
  PATIENCE_MS,
);

test(
  "[E3] [B22] REST bodies: an answer with a status of the table, never an internal error",
  async () => {
    const type = fc.constantFrom("application/json", "application/octet-stream", "text/plain", undefined);
    await check(
      fc.asyncProperty(restBody, type, fc.boolean(), text, async (body, contentType, single, name) => {
        const part = encodeURIComponent(wellFormed(name));
        const path = single ? `/api/broadcast/${part}/events/${part}` : "/api/broadcast";
        const response = await fetch(cluster.projectUrl() + path, {
          method: "POST",
          headers: {
            authorization: `Bearer ${cluster.project.database.token()}`,
            ...(contentType === undefined ? {} : { "content-type": contentType }),
          },
          body: Buffer.from(body),
        });
        expect([202, 400, 404, 415, 422]).toContain(response.status);
        await response.text();
      }),
    );
  },
  PATIENCE_MS,
);

test(
  "[E5] raw bytes below the protocol end that socket at most",
  async () => {
    await check(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 300 }), async (bytes) => {
        await using client = await user("2.0.0");
        await client.join("realtime:fuzz");
        // The bytes go past the client's framing, straight into the stream.
        (client.socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(Buffer.from(bytes));
      }),
    );
  },
  PATIENCE_MS,
);

test("SQL metacharacters in topic, claims, schema, table, filter and select change nothing", async () => {
  for (const bad of METACHARACTERS) {
    const apikey = cluster.project.database.token({ sub: bad, email: bad, [bad || "empty"]: bad });
    await using client = await cluster.connect(0, { apikey });
    const { status } = await client.tryJoin(`realtime:t${bad}`, { config: { private: true } });
    expect(["ok", "error"]).toContain(status);
    await client.tryJoin("realtime:role", {
      config: { private: true },
      access_token: cluster.project.database.token({ role: bad }),
    });
    for (const entry of [
      { schema: bad, table: "notes" },
      { schema: "public", table: bad },
      { schema: "public", table: "notes", filter: `${bad}=eq.1` },
      { schema: "public", table: "notes", filter: `body=eq.${bad}` },
      { schema: "public", table: "notes", filter: `body=in.(${bad})` },
      { schema: "public", table: "notes", filter: `body=match.${bad}` },
      { schema: "public", table: "notes", select: [bad] },
    ]) {
      await client.join("realtime:entry", { postgres_changes: [entry] });
      await client.expectFrame({ topic: "realtime:entry", event: "system" });
    }
  }
  expect(await fingerprintNow()).toEqual(fingerprint);
  await neighbour.hasLostNothing();
});

test.each<Vsn>(["1.0.0", "2.0.0"])("[B2] [P15] `__proto__` is a key like any other over %s", async (vsn) => {
  const name = `realtime:proto-${vsn}`;
  await using watcher = await user(vsn);
  await using client = await user(vsn);
  await watcher.join(name, { presence: { enabled: true } });
  await client.join(name, { presence: { key: "__proto__", enabled: true } });
  const texts: string[] = [];
  watcher.socket.on("message", (data) => texts.push(String(data)));
  const inner = '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}';
  const push = (event: string, payload: string) => {
    const [ref, joinRef] = [client.nextRef(), client.joinRef(name)];
    client.socket.send(
      vsn === "2.0.0"
        ? `["${joinRef}","${ref}","${name}","${event}",${payload}]`
        : `{"topic":"${name}","event":"${event}","payload":${payload},"ref":"${ref}","join_ref":"${joinRef}"}`,
    );
    return ref;
  };
  push("broadcast", `{"type":"broadcast","event":"x","payload":${inner}}`);
  await watcher.expectFrame({ topic: name, event: "broadcast" });
  expect(texts.at(-1)).toContain(inner);

  const tracked = push("presence", `{"type":"presence","event":"track","payload":${inner}}`);
  expect(await client.expectReply(name, tracked)).toMatchObject({ status: "ok" });
  await watcher.expectFrame({ topic: name, event: "presence_diff" });
  expect(texts.at(-1)).toMatch(/"joins":\{"__proto__":\{"metas":\[\{/);
  await using late = await user(vsn);
  const first = new Promise<string>((resolve) => {
    late.socket.on("message", (data) => {
      if (String(data).includes("presence_state")) resolve(String(data));
    });
  });
  await late.join(name, { presence: { enabled: true } });
  expect(await first).toMatch(/\{"__proto__":\{"metas":\[\{/);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("after all of it the heap returns to its level", async () => {
  setFlagsFromString("--expose-gc");
  const collect: () => void = runInNewContext("gc");
  const attack = async () => {
    await using client = await user("2.0.0");
    for (const frame of fc.sample(fc.oneof(textFrame("2.0.0"), binaryFrame), {
      numRuns: 3_000,
    })) {
      client.socket.send(frame);
    }
    await answers(client);
  };
  const level = () => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  await attack();
  const before = level();
  for (let round = 0; round < 3; round++) await attack();
  expect(level() - before).toBeLessThan(HEAP_GROWTH_BYTES_MAX);
  await neighbour.hasLostNothing();
});
