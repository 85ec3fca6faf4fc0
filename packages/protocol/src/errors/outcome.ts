/**
 * What a refusal does:
 * - `reply`: an error reply to the push; a refused join leaves no channel, any other channel lives on
 * - `system`: a `system` message on the channel, which lives on
 * - `leave`: a `system` message, then `phx_close`: that channel is over, the socket stays
 * - `crash`: `phx_error`: that channel is over, clients re-join by themselves
 * - `close`: the socket is closed with `closeCode`
 * - `http`: an HTTP answer with `httpStatus`
 * - `drop`: the message vanishes; only the log and the inspector know
 * - `log`: nothing a client sees
 */
export type Effect = "reply" | "system" | "leave" | "crash" | "close" | "http" | "drop" | "log";

/**
 * What a client should do next. `after-refresh`: with a fresh token; `after-change`: once somebody changed a setting,
 * a policy or the request itself.
 */
export type Retry = "never" | "at-once" | "with-backoff" | "after-refresh" | "after-change";

/** One row of the error table: what a code means and what every party sees and does. */
export interface Outcome {
  /** The sentence a client reads; a thrower may put a more exact one in its place. */
  text: string;
  /** What leads to it, for `docs/errors.md`. */
  when: string;
  effect: Effect;
  /** The socket is closed with this code, after the reply if there is one. */
  closeCode?: number;
  /** Status of a refused handshake, or of any HTTP route when `rest` is absent. */
  httpStatus?: number;
  /** Sentence of a refused handshake where it differs from `text`. */
  httpText?: string;
  /** Answer of the REST broadcast routes where it differs (protocol 4.3, 4.4). */
  rest?: { status: number; text: string };
  /** The client reads the sentence without `<code>: ` before it, as on Supabase. */
  bare?: true;
  /** The reply's `response` is `{}`, or the bare text, where it is not `{"reason": ...}`. */
  replyForm?: "empty" | "text";
  retry: Retry;
  /** One sentence for the person who has to end it. */
  remedy: string;
}
