import { setTimeout as delay } from "node:timers/promises";
import { signUserToken } from "@tidewire/testkit/tokens";
import { Member } from "./member.ts";

const SUB = "00000000-0000-4000-8000-000000009999";
const LAST_FRAME_DEADLINE_MS = 10_000;

/** What members of channels that were there before have heard. */
export interface Heard {
  largestGapMs: number;
  lost: number;
}

/** Private channels, each with one listener, that are sent a broadcast at a fixed pace. */
export class LiveChannels implements AsyncDisposable {
  readonly #sender: Member;
  readonly #topics: readonly string[];
  readonly #listeners: Member[] = [];
  readonly #lastMs: number[];
  #timer: NodeJS.Timeout | undefined;
  #sent = 0;
  #largestGapMs = 0;

  private constructor(sender: Member, topics: readonly string[]) {
    this.#sender = sender;
    this.#topics = topics;
    this.#lastMs = topics.map(() => Number.NaN);
  }

  static async open(socketUrl: string, jwtSecret: string, channels: number): Promise<LiveChannels> {
    const topics = Array.from({ length: channels }, (_, index) => `realtime:lobby:live-${index}`);
    const payload = { config: { private: true }, access_token: signUserToken(jwtSecret, { sub: SUB }) };
    const sender = await Member.connect(socketUrl);
    const live = new LiveChannels(sender, topics);
    for (const [index, topic] of topics.entries()) {
      sender.send(JSON.stringify([`j${index}`, `j${index}`, topic, "phx_join", payload]));
      const onFrame = (data: Buffer) => live.#hear(index, data);
      live.#listeners.push(await Member.join(socketUrl, topic, { payload, onFrame }));
    }
    while (sender.frames < channels) await delay(5);
    // The first send of a channel asks whether it may: that is not what is measured here.
    live.#sendToAll();
    while (live.#received < channels) await delay(5);
    return live;
  }

  send(everyMs: number): void {
    this.#lastMs.fill(Number.NaN);
    this.#largestGapMs = 0;
    this.#timer = setInterval(() => this.#sendToAll(), everyMs);
  }

  async stop(): Promise<Heard> {
    clearInterval(this.#timer);
    const expected = this.#sent * this.#topics.length;
    const deadlineMs = performance.now() + LAST_FRAME_DEADLINE_MS;
    while (this.#received < expected && performance.now() < deadlineMs) await delay(10);
    return { largestGapMs: this.#largestGapMs, lost: expected - this.#received };
  }

  get #received(): number {
    return this.#listeners.reduce((sum, { frames }) => sum + frames, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    for (const member of [this.#sender, ...this.#listeners]) member.close();
  }

  #sendToAll(): void {
    this.#sent++;
    for (const [index, topic] of this.#topics.entries()) {
      const payload = { type: "broadcast", event: "tick", payload: { n: this.#sent } };
      this.#sender.send(JSON.stringify([`j${index}`, `${this.#sent}`, topic, "broadcast", payload]));
    }
  }

  #hear(index: number, data: Buffer): void {
    if (!data.includes('"tick"')) return;
    const nowMs = performance.now();
    const lastMs = this.#lastMs[index] ?? Number.NaN;
    if (!Number.isNaN(lastMs)) this.#largestGapMs = Math.max(this.#largestGapMs, nowMs - lastMs);
    this.#lastMs[index] = nowMs;
  }
}
