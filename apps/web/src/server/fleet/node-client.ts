import type { TapBatch, TapKind } from "@tidewire/protocol/cluster/tap";
import type { NodeRouter } from "@tidewire/realtime-node/inspect/router";
import { createTRPCClient, httpLink, type TRPCClient } from "@trpc/client";
import superjson from "superjson";
import { readEventStream } from "./event-stream.ts";
import type { NodeTokens } from "./node-token.ts";

/** A stream that says nothing for this long (nodes ping every few seconds) is dead. */
const SILENCE_MS = 15_000;
const CONNECT_MS = 3_000;

export interface TapInput {
  ref: string;
  kinds?: TapKind[] | undefined;
  topic?: string | undefined;
  trace?: boolean | undefined;
  text?: string | undefined;
  maxPerSecond?: number | undefined;
}

export interface TapOptions {
  signal: AbortSignal;
  /** The node has accepted; events may still be long in coming. */
  onOpen: () => void;
}

export type NodeClient = TRPCClient<NodeRouter>;

/** Typed calls to the nodes' admin ports. Deadlines are the caller's: every procedure takes a signal. */
export class NodeClients {
  readonly #tokens: NodeTokens;
  readonly #byUrl = new Map<string, NodeClient>();

  constructor(tokens: NodeTokens) {
    this.#tokens = tokens;
  }

  at(adminUrl: string): NodeClient {
    const known = this.#byUrl.get(adminUrl);
    if (known !== undefined) return known;
    const headers = async () => ({ authorization: `Bearer ${await this.#tokens.token()}` });
    const client = createTRPCClient<NodeRouter>({
      links: [httpLink({ url: `${adminUrl}/trpc`, transformer: superjson, headers })],
    });
    this.#byUrl.set(adminUrl, client);
    return client;
  }

  /**
   * One node's tap, until it ends, `signal` aborts or it falls silent.
   *
   * @throws when the node cannot be reached, refuses, or the stream breaks
   */
  async *tap(
    adminUrl: string,
    input: TapInput,
    { signal, onOpen }: TapOptions,
  ): AsyncGenerator<TapBatch, void, void> {
    const watchdog = new AbortController();
    let timer = setTimeout(() => watchdog.abort(new Error("no answer")), CONNECT_MS);
    try {
      const query = encodeURIComponent(JSON.stringify(superjson.serialize(input)));
      const response = await fetch(`${adminUrl}/trpc/tap?input=${query}`, {
        headers: { authorization: `Bearer ${await this.#tokens.token()}`, accept: "text/event-stream" },
        signal: AbortSignal.any([signal, watchdog.signal]),
      });
      if (!response.ok || response.body === null) throw new Error(`the node answered ${response.status}`);
      for await (const { event, data } of readEventStream(response.body)) {
        clearTimeout(timer);
        timer = setTimeout(() => watchdog.abort(new Error("the stream fell silent")), SILENCE_MS);
        if (event === "connected") onOpen();
        if (event === "message") yield superjson.deserialize<TapBatch>(JSON.parse(data));
        else if (event === "serialized-error") throw new Error("the node ended the stream with an error");
        else if (event === "return") return;
      }
    } finally {
      clearTimeout(timer);
      watchdog.abort();
    }
  }
}
