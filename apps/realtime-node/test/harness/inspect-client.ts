import { signToken } from "@tidewire/testkit/tokens";
import superjson from "superjson";

export interface InspectClient {
  query(path: string, input?: unknown): Promise<unknown>;
  mutate(path: string, input?: unknown): Promise<unknown>;
  /** The whole answer; a subscription's body streams until `signal` is aborted. */
  call(path: string, input: unknown, options?: CallOptions): Promise<Response>;
}

/** The values of a subscription, until it is left: leaving the loop ends it. */
export async function* subscribe<T>(client: InspectClient, path: string, input: unknown): AsyncGenerator<T> {
  const reader = new AbortController();
  try {
    const { body } = await client.call(path, input, { signal: reader.signal });
    let rest = "";
    for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        if (line.startsWith(VALUE)) yield superjson.deserialize<T>(JSON.parse(line.slice("data: ".length)));
      }
    }
  } finally {
    reader.abort();
  }
}

export interface CallOptions {
  method?: "GET" | "POST";
  /** Instead of a valid one. */
  token?: string;
  signal?: AbortSignal;
}

const LIFE_S = 60;
/** How a line begins that carries a value, in the stream of a subscription. */
const VALUE = 'data: {"json"';

/** A token as the dashboard signs it. */
export function signInspectToken(nodeSecret: string, claims: object = {}): string {
  return signToken(nodeSecret, {
    aud: "tidewire-node",
    exp: Math.floor(Date.now() / 1_000) + LIFE_S,
    ...claims,
  });
}

/** Speaks to a node's admin port over plain HTTP, as any client of the API would. */
export function createInspectClient(adminUrl: string, nodeSecret: string): InspectClient {
  function call(path: string, input: unknown, { method = "GET", token, signal }: CallOptions = {}) {
    const text = JSON.stringify(superjson.serialize(input));
    const url = new URL(`${adminUrl}/trpc/${path}`);
    if (method === "GET") url.searchParams.set("input", text);
    const authorization = `Bearer ${token ?? signInspectToken(nodeSecret)}`;
    const headers = { authorization, "content-type": "application/json" };
    return fetch(url, { method, headers, signal, ...(method === "POST" ? { body: text } : {}) });
  }
  return {
    call,
    query: async (path, input) => unwrap(await call(path, input)),
    mutate: async (path, input) => unwrap(await call(path, input, { method: "POST" })),
  };
}

async function unwrap(response: Response): Promise<unknown> {
  if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  const body = (await response.json()) as { result: { data: Parameters<typeof superjson.deserialize>[0] } };
  return superjson.deserialize(body.result.data);
}
