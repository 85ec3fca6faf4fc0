import { describe, expect, test } from "vitest";
import { type Bus, type BusMessage, BusUnavailable, NoResponders, RequestTimeout } from "./bus.ts";

/** A network of buses, made fresh for each test. */
export interface BusNet extends AsyncDisposable {
  connect(): Promise<Bus>;
}

const text = (message: { data: Uint8Array }) => new TextDecoder().decode(message.data);
const bytes = (content: string) => new TextEncoder().encode(content);

/** Collects what arrives, so that a test can wait for it to a deadline. */
function collect(bus: Bus, subject: string, options?: { echo?: boolean }): string[] {
  const seen: string[] = [];
  bus.subscribe(subject, (message) => seen.push(text(message)), options);
  return seen;
}

/** What every implementation of `Bus` keeps. Run it once per implementation. */
export function busContract(name: string, createNet: () => Promise<BusNet>): void {
  describe(`bus contract: ${name}`, () => {
    test("messages of one bus arrive in order at every subscriber of every bus", async () => {
      await using net = await createNet();
      const [a, b, c] = [await net.connect(), await net.connect(), await net.connect()];
      const seen = [a, b, c].map((bus) => collect(bus, "t.order"));
      await Promise.all([a.flush(), b.flush(), c.flush()]);
      const sent = Array.from({ length: 2_000 }, (_, i) => String(i));
      for (const content of sent) a.publish("t.order", bytes(content));
      await expect
        .poll(() => seen.map((list) => list.length), { timeout: 5_000 })
        .toEqual([2000, 2000, 2000]);
      for (const list of seen) expect(list).toEqual(sent);
    });

    test("a message is never delivered inside the call of publish", async () => {
      await using net = await createNet();
      const bus = await net.connect();
      const seen = collect(bus, "t.later");
      bus.publish("t.later", bytes("x"));
      expect(seen).toEqual([]);
      await expect.poll(() => seen).toEqual(["x"]);
    });

    test("a subscriber without echo hears other buses only", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const [deaf, open] = [collect(a, "t.echo", { echo: false }), collect(a, "t.echo")];
      await a.flush();
      a.publish("t.echo", bytes("own"));
      await a.flush();
      b.publish("t.echo", bytes("other"));
      await expect.poll(() => open).toEqual(["own", "other"]);
      expect(deaf).toEqual(["other"]);
    });

    test("wildcards match whole tokens", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const [star, tail] = [collect(b, "t.wild.*"), collect(b, "t.wild.>")];
      await b.flush();
      for (const subject of ["t.wild.x", "t.wild.x.y", "t.wild"]) a.publish(subject, bytes(subject));
      await expect.poll(() => tail).toEqual(["t.wild.x", "t.wild.x.y"]);
      expect(star).toEqual(["t.wild.x"]);
    });

    test("nothing is delivered after unsubscribe returned", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const gone: string[] = [];
      const subscription = b.subscribe("t.gone", (message) => gone.push(text(message)));
      const witness = collect(b, "t.gone");
      await b.flush();
      subscription.unsubscribe();
      subscription.unsubscribe();
      a.publish("t.gone", bytes("late"));
      await expect.poll(() => witness).toEqual(["late"]);
      expect(gone).toEqual([]);
    });

    test("a request gets the first answer", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      b.subscribe("t.ask", (message) => {
        message.respond?.(bytes(`${text(message)}!`));
        message.respond?.(bytes("a second answer is ignored"));
      });
      await b.flush();
      const answer = await a.request("t.ask", bytes("hello"), { timeoutMs: 2_000 });
      expect(text({ data: answer })).toBe("hello!");
    });

    test("an answer does not overtake what its sender published before it", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const seen = collect(a, "t.first");
      b.subscribe("t.then", (message) => {
        b.publish("t.first", bytes("published"));
        message.respond?.(bytes("answered"));
      });
      await Promise.all([a.flush(), b.flush()]);
      await a.request("t.then", bytes(""), { timeoutMs: 2_000 });
      expect(seen).toEqual(["published"]);
    });

    test("a request prefers the subscriber on its own bus", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      a.subscribe("t.near", (message) => message.respond?.(bytes("near")));
      b.subscribe("t.near", (message) => message.respond?.(bytes("far")));
      b.subscribe("t.far", (message) => message.respond?.(bytes("far")));
      a.subscribe("t.far", (message) => message.respond?.(bytes("near")), { echo: false });
      await Promise.all([a.flush(), b.flush()]);
      const ask = (subject: string) => a.request(subject, bytes(""), { timeoutMs: 2_000 });
      expect(text({ data: await ask("t.near") })).toBe("near");
      expect(text({ data: await ask("t.far") })).toBe("far");
    });

    test("without a listener a request is refused at once", async () => {
      await using net = await createNet();
      const a = await net.connect();
      const startedMs = performance.now();
      const refusal = a.request("t.nobody", bytes(""), { timeoutMs: 5_000 });
      await expect(refusal).rejects.toBeInstanceOf(NoResponders);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    test("the requester's own deaf subscriber is nobody", async () => {
      await using net = await createNet();
      const a = await net.connect();
      a.subscribe("t.deaf", (message) => message.respond?.(bytes("no")), { echo: false });
      await a.flush();
      const refusal = a.request("t.deaf", bytes(""), { timeoutMs: 5_000 });
      await expect(refusal).rejects.toBeInstanceOf(NoResponders);
    });

    test("a silent listener costs the deadline, not more", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      b.subscribe("t.silent", () => {});
      await b.flush();
      const startedMs = performance.now();
      const refusal = a.request("t.silent", bytes(""), { timeoutMs: 150 });
      await expect(refusal).rejects.toBeInstanceOf(RequestTimeout);
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    test("an answer may come later than the handler", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const asked: BusMessage[] = [];
      b.subscribe("t.slow", (message) => asked.push(message));
      await b.flush();
      const answer = a.request("t.slow", bytes(""), { timeoutMs: 5_000 });
      await expect.poll(() => asked.length).toBe(1);
      asked[0]?.respond?.(bytes("at last"));
      expect(text({ data: await answer })).toBe("at last");
    });

    test("three megabytes pass whole, in order among small ones", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const seen: BusMessage[] = [];
      b.subscribe("t.large", (message) => seen.push(message));
      await b.flush();
      const large = new Uint8Array(3_000_000).map((_, i) => i % 251);
      for (const data of [bytes("before"), large, bytes("after")]) a.publish("t.large", data);
      await expect.poll(() => seen.length).toBe(3);
      expect(seen.map((message) => message.data.byteLength)).toEqual([6, 3_000_000, 5]);
      expect(Buffer.compare(seen[1]?.data ?? bytes(""), large)).toBe(0);
    });

    test("a large question gets a large answer", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      b.subscribe("t.echoing", (message) => message.respond?.(message.data));
      await b.flush();
      const question = new Uint8Array(2_500_000).fill(7);
      const answer = await a.request("t.echoing", question, { timeoutMs: 5_000 });
      expect(Buffer.compare(answer, question)).toBe(0);
    });

    test("a handler that throws does not stop the others", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      b.subscribe("t.throws", () => {
        throw new Error("a bug in a handler");
      });
      const seen = collect(b, "t.throws");
      await b.flush();
      a.publish("t.throws", bytes("1"));
      a.publish("t.throws", bytes("2"));
      await expect.poll(() => seen).toEqual(["1", "2"]);
    });

    test("a subject with others' listeners may be reached", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      b.subscribe("t.reach.*", () => {});
      await b.flush();
      expect(a.mayReach("t.reach.x")).toBe(true);
    });

    test("close delivers what was published, then refuses", async () => {
      await using net = await createNet();
      const [a, b] = [await net.connect(), await net.connect()];
      const seen = collect(b, "t.close");
      b.subscribe("t.close-ask", () => {});
      await b.flush();
      const open = a.request("t.close-ask", bytes(""), { timeoutMs: 10_000 });
      const refused = expect(open).rejects.toBeInstanceOf(BusUnavailable);
      a.publish("t.close", bytes("last words"));
      await a.close();
      await a.close();
      await refused;
      await expect.poll(() => seen).toEqual(["last words"]);
      a.publish("t.close", bytes("too late"));
      expect(a.status).toMatchObject({ state: "closed", lost: 1 });
      expect(() => a.subscribe("t.close", () => {})).toThrow(BusUnavailable);
      await expect(a.request("t.close", bytes(""), { timeoutMs: 100 })).rejects.toBeInstanceOf(
        BusUnavailable,
      );
      await expect(a.flush()).rejects.toBeInstanceOf(BusUnavailable);
    });
  });
}
