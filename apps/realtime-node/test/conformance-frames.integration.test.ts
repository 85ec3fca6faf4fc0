import { generateKeyPairSync, randomUUID, sign } from "node:crypto";
import { updateLimits, writeProjectSecrets } from "@tidewire/db/projects";
import { eventually } from "@tidewire/testkit/eventually";
import { HandshakeRefused, type PhoenixClient } from "@tidewire/testkit/phoenix-client";
import { encodeUserBroadcast, type Vsn } from "@tidewire/testkit/phoenix-wire";
import { signToken } from "@tidewire/testkit/tokens";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Cluster, startCluster } from "./harness.ts";

/** Sections 1 to 5 of the protocol as bytes: what is written, compared as text. */
const SQL = `
  create table x (id int primary key); grant select on x to anon;
  alter publication supabase_realtime add table x;
  create policy "all may read" on realtime.messages for select to authenticated using (true);
  create policy "some may write" on realtime.messages for insert to authenticated
    with check (realtime.topic() like 'open%');
`;
const PLENTY = { maxConcurrentUsers: 1_000, maxJoinsPerSecond: 1_000, maxEventsPerSecond: 10_000 };

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster({ sql: SQL, limits: PLENTY });
});
afterAll(() => cluster?.[Symbol.asyncDispose]());

let topics = 0;
const newTopic = (name = "frames") => `realtime:${name}-${++topics}`;

/** Everything the server writes on this socket from now on. */
function listen(client: PhoenixClient): { texts: string[]; next(): Promise<string> } {
  const texts: string[] = [];
  client.socket.on("message", (data, isBinary) => texts.push(isBinary ? "" : String(data)));
  return { texts, next: () => eventually(() => texts.shift() ?? Promise.reject(new Error("nothing yet"))) };
}

describe("serializer 1.0.0", () => {
  test("[C11] topic, event, payload and ref, in this order, and never a join_ref", async () => {
    const client = await cluster.connect(0, { vsn: "1.0.0" });
    const heard = listen(client);
    const topic = newTopic();
    client.socket.send(
      `{"topic":"${topic}","event":"phx_join","payload":{"config":{"broadcast":{"self":true,"ack":true}}},"ref":"1","join_ref":"1"}`,
    );
    expect(await heard.next()).toBe(
      `{"topic":"${topic}","event":"phx_reply","payload":{"status":"ok","response":{"postgres_changes":[]}},"ref":"1"}`,
    );
    client.socket.send(
      `{"topic":"${topic}","event":"broadcast","payload":{"type":"broadcast","event":"cursor","payload":{"x":1}},"ref":"2"}`,
    );
    expect(await heard.next()).toBe(
      `{"topic":"${topic}","event":"broadcast","payload":{"type":"broadcast","event":"cursor","payload":{"x":1}},"ref":null}`,
    );
    expect(await heard.next()).toBe(
      `{"topic":"${topic}","event":"phx_reply","payload":{"status":"ok","response":{}},"ref":"2"}`,
    );
  });

  test.each(["topic", "event", "payload", "ref"])(
    "[C11] [C14] a message without %s is malformed",
    async (key) => {
      const client = await cluster.connect(0, { vsn: "1.0.0" });
      const { [key]: _, ...message } = {
        topic: "phoenix",
        event: "heartbeat",
        payload: {},
        ref: "lost",
      } as Record<string, unknown>;
      client.socket.send(JSON.stringify(message));
      expect((await client.heartbeat()).status).toBe("ok");
      expect(client.frames).toHaveLength(1);
    },
  );

  test("[C21] phx_close has the join's ref as its ref", async () => {
    const client = await cluster.connect(0, { vsn: "1.0.0" });
    const topic = newTopic();
    await client.join(topic);
    await client.leave(topic);
    expect((await client.expectFrame({ topic, event: "phx_close" })).ref).toBe(client.joinRef(topic));
  });
});

describe("serializer 2.0.0", () => {
  test("[C12] five elements, further ones ignored; fewer or another shape are malformed", async () => {
    const client = await cluster.connect();
    const heard = listen(client);
    const topic = newTopic();
    for (const malformed of [
      `["1","1","${topic}","phx_join"]`,
      `{"topic":"${topic}"}`,
      `"text"`,
      "7",
      "null",
    ]) {
      client.socket.send(malformed);
    }
    client.socket.send(`["1","1","${topic}","phx_join",{"config":{}},"more",7]`);
    expect(await heard.next()).toBe(
      `["1","1","${topic}","phx_reply",{"status":"ok","response":{"postgres_changes":[]}}]`,
    );
    client.socket.send(`[null,"2","phoenix","heartbeat",{}]`);
    expect(await heard.next()).toBe(`[null,"2","phoenix","phx_reply",{"status":"ok","response":{}}]`);
  });

  test("[C20] [C21] who is answered, who is told and who hears carry their own references", async () => {
    const [client, other] = [await cluster.connect(), await cluster.connect()];
    const topic = newTopic();
    const config = { presence: { key: "me", enabled: true } };
    await client.join(topic, config);
    await other.join(topic, config);
    const joinRef = client.joinRef(topic);
    expect(await client.expectFrame({ topic, event: "presence_state" })).toMatchObject({
      joinRef,
      ref: null,
    });
    const push = other.send(topic, "presence", { type: "presence", event: "track", payload: {} });
    expect(await other.expectFrame({ topic, event: "phx_reply", ref: push })).toMatchObject({
      joinRef: other.joinRef(topic),
    });
    expect(await client.expectFrame({ topic, event: "presence_diff" })).toMatchObject({
      joinRef: null,
      ref: null,
    });
    other.send(topic, "broadcast", { type: "broadcast", event: "x", payload: {} });
    expect(await client.expectFrame({ topic, event: "broadcast" })).toMatchObject({
      joinRef: null,
      ref: null,
    });
    client.send(topic, "access_token", { access_token: "" });
    expect(await client.expectFrame({ topic, event: "system" })).toMatchObject({ joinRef, ref: null });
    expect(await client.expectFrame({ topic, event: "phx_close" })).toMatchObject({ joinRef, ref: joinRef });
  });

  test("[C15] [C16] [C17] kind 3 byte for byte: any encoding but 0 is JSON, metadata goes nowhere", async () => {
    const [sender, receiver] = [await cluster.connect(), await cluster.connect()];
    const topic = newTopic("ž");
    await sender.join(topic);
    await receiver.join(topic);
    const frames: Buffer[] = [];
    receiver.socket.on("message", (data, isBinary) => isBinary && frames.push(data as Buffer));
    const send = (metadata: string, encoding: number) => {
      const frame = encodeUserBroadcast({
        joinRef: "",
        ref: "",
        topic,
        event: "cursor",
        metadata,
        payload: Buffer.from('{"x":1}'),
      });
      frame[6] = encoding;
      sender.socket.send(frame);
    };
    send('{"user":1}', 1);
    send("", 255);
    send("{broken", 1);
    send("", 0);
    await eventually(() => expect(frames).toHaveLength(3));
    const size = Buffer.byteLength(topic);
    const expected = (encoding: number) =>
      Buffer.concat([Buffer.from([4, size, 6, 0, encoding]), Buffer.from(`${topic}cursor{"x":1}`)]);
    expect(frames).toEqual([expected(1), expected(1), expected(0)]);
  });
});

describe("limits", () => {
  async function setLimits(limits: object): Promise<void> {
    const { ref } = cluster.project;
    const { version } = await updateLimits(cluster.control.plane.db, ref, limits);
    await eventually(() =>
      expect(cluster.nodes[0]?.projects.peek(ref)?.record.version ?? version).toBe(version),
    );
  }

  test("[L1] [L5] [L8] one second's worth may be sent at once; each receiver counts, against ten seconds' worth", async () => {
    const [crowded, lonely] = [newTopic(), newTopic()];
    const sender = await cluster.connect();
    const receivers = await Promise.all(Array.from({ length: 15 }, () => cluster.connect()));
    for (const topic of [crowded, lonely]) await sender.join(topic, { broadcast: { ack: true } });
    for (const receiver of receivers) await receiver.join(crowded);
    const burst = async (topic: string) => {
      await setLimits(PLENTY);
      await eventually(async () => {
        const ref = sender.broadcast(topic, "first", {});
        expect((await sender.expectReply(topic, ref)).status).toBe("ok");
      });
      await setLimits({ maxEventsPerSecond: 4 });
      const refs = Array.from({ length: 5 }, (_, n) => sender.broadcast(topic, "n", { n }));
      const replies = await Promise.all(refs.map((ref) => sender.expectReply(topic, ref)));
      return replies.map(({ status }) => status);
    };
    expect(await burst(lonely)).toEqual(["ok", "ok", "ok", "ok", "error"]);
    // 40 in all; one that is sent to 15 takes 16.
    expect(await burst(crowded)).toEqual(["ok", "ok", "ok", "error", "error"]);
    for (const receiver of receivers) {
      await eventually(() =>
        expect(receiver.frames.filter(({ event }) => event === "broadcast")).toHaveLength(4),
      );
    }
    await setLimits(PLENTY);
  });

  test("[L11] fixed bounds: 25 rows per replay, 100 elements per `in`", async () => {
    const topic = newTopic("open");
    const apikey = cluster.project.database.token();
    await cluster.project.database.query(
      "select realtime.send(jsonb_build_object('n', n), 'chat', $1, true) from generate_series(1, 30) n",
      [topic.slice("realtime:".length)],
    );
    const client = await cluster.connect(0, { apikey });
    await client.join(topic, { private: true, broadcast: { replay: { since: 0, limit: 1_000 } } });
    await client.heartbeat();
    await eventually(() =>
      expect(client.frames.filter(({ event }) => event === "broadcast")).toHaveLength(25),
    );
    const filter = `id=in.(${Array.from({ length: 101 }, (_, n) => n)})`;
    const entries = newTopic();
    await client.join(entries, { postgres_changes: [{ schema: "public", table: "x", filter }] });
    const { payload } = await client.expectFrame({ topic: entries, event: "system" });
    expect(payload).toMatchObject({ status: "error", message: expect.stringContaining("Maximum 100") });
  });
});

describe("tokens", () => {
  const nowS = () => Math.floor(Date.now() / 1_000);
  const claims = () => ({ role: "authenticated", exp: nowS() + 600 });
  const reasonOf = async (apikey: string) => {
    const error = await cluster.connect(0, { apikey }).catch((refused: unknown) => refused);
    if (!(error instanceof HandshakeRefused)) throw new Error("the handshake was accepted");
    return [error.status, (JSON.parse(error.body) as { error: string }).error];
  };
  const signer = "Failed to generate JWT signer, check your JWT secret or JWKS configuration";

  test.each(["none", "PS256", "HS1", undefined])(
    "[A3] alg %s: no signer, and no kid without a JWKS",
    async (alg) => {
      expect(await reasonOf(signToken("x", claims(), { alg, kid: "k" }))).toEqual([401, signer]);
    },
  );

  test("[A3] [A2] with a JWKS the kid that was not found is named; RS256 and EdDSA keys that are there verify", async () => {
    const rsa = generateKeyPairSync("rsa", { modulusLength: 2_048 });
    const ed = generateKeyPairSync("ed25519");
    const keys = [
      { ...rsa.publicKey.export({ format: "jwk" }), kid: "rsa" },
      { ...ed.publicKey.export({ format: "jwk" }), kid: "ed" },
      { kty: "oct", kid: "oct", k: Buffer.from("a shared secret of the key set").toString("base64url") },
    ];
    await writeProjectSecrets(cluster.control.plane, cluster.project.ref, { jwks: { keys } });
    const asymmetric = (alg: string, kid: string, key: typeof rsa.privateKey) => {
      const signed = [{ alg, kid }, claims()]
        .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
        .join(".");
      const hash = alg === "EdDSA" ? null : "sha256";
      return `${signed}.${sign(hash, Buffer.from(signed), key).toString("base64url")}`;
    };
    await eventually(async () => {
      expect(await reasonOf(asymmetric("RS256", "absent", rsa.privateKey))).toEqual([
        401,
        'Failed to generate JWT signer for key ID (kid) "absent", check your JWT secret or JWKS configuration',
      ]);
    });
    for (const apikey of [
      asymmetric("RS256", "rsa", rsa.privateKey),
      asymmetric("EdDSA", "ed", ed.privateKey),
      signToken("a shared secret of the key set", claims(), { alg: "HS256", kid: "oct" }),
      cluster.project.database.token(),
    ]) {
      const client = await cluster.connect(0, { apikey });
      expect((await client.heartbeat()).status).toBe("ok");
    }
  });
});

describe.each<Vsn>(["1.0.0", "2.0.0"])("errors over %s", (vsn) => {
  test("[E3] [E5] what nobody foresaw is told as such, without a word from inside", async () => {
    const client = await cluster.connect(0, { vsn });
    const { status, response } = await client.tryJoin(newTopic(), {
      config: {},
      access_token: signToken(cluster.project.jwtSecret, { role: "x", exp: "soon" }),
    });
    expect([status, response]).toEqual(["error", { reason: "Unknown Error on Channel" }]);
    expect((await client.heartbeat()).status).toBe("ok");
  });

  test("[P24] [P14] a member is one entry from its track to its leave, however often it changes", async () => {
    const [watcher, member] = [await cluster.connect(0, { vsn }), await cluster.connect(0, { vsn })];
    const topic = newTopic();
    const key = randomUUID();
    await watcher.join(topic, { presence: { enabled: true } });
    await member.join(topic, { presence: { key, enabled: true } });
    for (const mood of ["calm", "busy", "free"]) await member.track(topic, { mood });
    await member.close();
    const entries = new Set<string>();
    await eventually(() => {
      entries.clear();
      for (const { payload } of watcher.frames.filter(({ event }) => event === "presence_diff")) {
        const { joins, leaves } = payload as Record<string, Record<string, { metas: { phx_ref: string }[] }>>;
        for (const { phx_ref } of leaves?.[key]?.metas ?? []) entries.delete(phx_ref);
        for (const { phx_ref } of joins?.[key]?.metas ?? []) entries.add(phx_ref);
        expect(entries.size).toBeLessThanOrEqual(1);
      }
      expect(watcher.frames.filter(({ event }) => event === "presence_diff")).toHaveLength(4);
    });
    expect(entries.size).toBe(0);
  });
});
