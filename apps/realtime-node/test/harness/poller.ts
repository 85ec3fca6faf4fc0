import { PUBLISHABLE_KEY } from "./edge.ts";

export interface PollReply {
  http: number;
  status: number;
  token?: string | null;
  messages?: string[];
  error?: string;
}

/** A long-polling client that does nothing by itself. */
export class Poller {
  readonly #url: string;
  token = "";

  constructor(
    projectUrl: string,
    { apikey = PUBLISHABLE_KEY, vsn = "2.0.0", path = "/socket/longpoll" } = {},
  ) {
    this.#url = `${projectUrl}${path}?${new URLSearchParams({ apikey, vsn })}`;
  }

  /** Opens a session the first time, then polls. */
  async poll(init: RequestInit = {}): Promise<PollReply> {
    const reply = await this.#ask({ ...init, method: init.method ?? "GET" });
    if (typeof reply.token === "string") this.token = reply.token;
    return reply;
  }

  post(body: string | Uint8Array<ArrayBuffer>, type = "application/x-ndjson"): Promise<PollReply> {
    return this.#ask({ method: "POST", headers: { "content-type": type }, body });
  }

  /** Polls until a message of this event comes; what came with it is returned too. */
  async until(event: string): Promise<unknown[][]> {
    const heard: unknown[][] = [];
    while (!heard.some(([, , , name]) => name === event)) {
      const { messages, status } = await this.poll();
      if (status !== 200 && status !== 204) throw new Error(`the session answered ${status}`);
      for (const text of messages ?? []) heard.push(JSON.parse(text));
    }
    return heard;
  }

  /** Opens a session and joins. */
  async join(topic: string, config: object = {}): Promise<void> {
    if (this.token === "") await this.poll();
    await this.post(JSON.stringify(["1", "1", topic, "phx_join", { config }]));
    await this.until("phx_reply");
  }

  async #ask(init: RequestInit): Promise<PollReply> {
    const response = await fetch(`${this.#url}&token=${encodeURIComponent(this.token)}`, init);
    const text = await response.text();
    return { http: response.status, status: 0, ...(text === "" ? {} : (JSON.parse(text) as object)) };
  }
}
