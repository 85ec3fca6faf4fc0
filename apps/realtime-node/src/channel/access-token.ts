import { type ErrorCode, Refusal } from "@tidewire/protocol/errors";
import { TOKEN_RECHECK_MS } from "@tidewire/protocol/phoenix/limits";
import { isApiKey } from "@tidewire/protocol/supabase/join";
import type { Identity } from "../auth/claims.ts";
import { Policies } from "../auth/policies.ts";
import { UnusableToken } from "../auth/token.ts";
import type { Channel } from "./channel.ts";
import { mayPass } from "./may-pass.ts";

const RECHECK_AFTER_MS = 2_000;

/**
 * Messages behind a new token are judged by it, if the answer comes in this time. A database that is away must not hold
 * up a live channel; until there is an answer the earlier grants count.
 */
const LATER_MESSAGES_WAIT_MS = 500;

/** Told of every token that has been accepted. */
type OnAccepted = () => void;

/**
 * The token a channel lives on (protocol 3.10, 3.11). It ends the channel when it expires, and a newer one takes its
 * place without the channel noticing.
 *
 * When the policies cannot be asked about a new token, because the pool is busy or the database away, the channel is
 * not closed (promise P1): the token was verified and counts from now on, what it may read stays as it was and is asked
 * again until there is an answer.
 */
export class ChannelToken {
  readonly #channel: Channel;
  readonly #onAccepted: OnAccepted;
  #expiry: { cancel(): void } | undefined;
  #recheck: { cancel(): void } | undefined;
  /** Counts tokens looked at, so that the answer about an older one is not adopted. */
  #latest = 0;

  constructor(channel: Channel, onAccepted: OnAccepted) {
    this.#channel = channel;
    this.#onAccepted = onAccepted;
    const stopWatching = channel.room.private ? this.#watchPolicies() : undefined;
    channel.onEnd(() => {
      stopWatching?.();
      this.#expiry?.cancel();
      this.#recheck?.cancel();
    });
  }

  /** Looks at the token when it expires, and every five minutes in between: a key may be revoked. */
  watch(): void {
    this.#expiry?.cancel();
    const { identity, services, peer } = this.#channel;
    const leftMs = (identity.expiresAtMs ?? Number.POSITIVE_INFINITY) - services.nowMs();
    const dueMs = services.pulse.nowMs() + Math.max(0, Math.min(leftMs, TOKEN_RECHECK_MS));
    this.#expiry = services.pulse.schedule(dueMs, () => {
      this.#lookAgain().catch(peer.onDefect);
      return undefined;
    });
  }

  /** An `access_token` push. Never replied to; what is no new token is ignored. */
  receive(payload: unknown): void | Promise<void> {
    const token = tokenOf(payload);
    if (token === undefined || isApiKey(token) || token === this.#channel.identity.token) return;
    const renewed = this.#renew(token);
    renewed.catch(this.#channel.peer.onDefect);
    const patience = this.#channel.services.pulse.delay(LATER_MESSAGES_WAIT_MS, this.#channel.peer.signal);
    return Promise.race([renewed, patience]);
  }

  #watchPolicies(): () => void {
    const channel = this.#channel;
    return channel.services.home.watchPolicies(channel.ref, {
      get print() {
        return channel.policies.print;
      },
      askAgain: () => this.#askAgain().catch(channel.peer.onDefect),
    });
  }

  /** The policies have changed, the token has not (rule A20). Without an answer the next notice asks again. */
  async #askAgain(): Promise<void> {
    const { identity, isOpen } = this.#channel;
    const before = this.#latest;
    if (!isOpen) return;
    const policies = await this.#policiesOf(identity);
    if (policies === "unknown" || !this.#channel.isOpen || this.#latest !== before) return;
    if (this.#channel.identity === identity) this.#takeOn(identity, policies);
  }

  /** False when the channel was shut, because it may read less than before. */
  #takeOn(identity: Identity, policies: Policies): boolean {
    const lost = loss(this.#channel, policies);
    if (lost === undefined) this.#channel.adopt(identity, policies);
    else this.#channel.shut(lost);
    return lost === undefined;
  }

  async #renew(token: string): Promise<void> {
    this.#recheck?.cancel();
    this.#latest += 1;
    const mine = this.#latest;
    const isCurrent = () => this.#channel.isOpen && this.#latest === mine;
    const identity = await this.#identify(token, isCurrent);
    if (identity === undefined) return;
    const policies = await this.#policiesOf(identity);
    if (!isCurrent()) return;
    if (policies === "unknown") {
      this.#channel.adopt(identity, this.#channel.policies);
      this.watch();
      this.#checkLater();
      return;
    }
    if (!this.#takeOn(identity, policies)) return;
    this.watch();
    this.#onAccepted();
  }

  /** Undefined when the channel was shut for this token, or the answer does not matter any more. */
  async #identify(token: string, isCurrent: () => boolean): Promise<Identity | undefined> {
    const { services, peer } = this.#channel;
    try {
      const identity = await services.credentials.identify(token, peer.project.record);
      return isCurrent() ? identity : undefined;
    } catch (error) {
      const { code, message } = toTokenEnd(error);
      if (isCurrent()) this.#channel.shut(new Refusal("TokenExpired", { message, cause: error }), code);
      return undefined;
    }
  }

  async #policiesOf(identity: Identity): Promise<Policies | "unknown"> {
    const { room, peer, services, policies } = this.#channel;
    const subject = { ref: room.ref, topic: room.topic, claims: identity.claims, headers: peer.headers };
    if (!room.private) return Policies.everything(subject);
    try {
      return await Policies.read(services.home, subject, {
        presence: policies.knowsPresence,
        live: true,
      });
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (mayPass(error)) return "unknown";
      return Policies.nothing(subject);
    }
  }

  #checkLater(): void {
    const { services, peer } = this.#channel;
    const dueMs = services.pulse.nowMs() + RECHECK_AFTER_MS * (0.5 + Math.random());
    this.#recheck = services.pulse.schedule(dueMs, () => {
      if (this.#channel.isOpen) this.#renew(this.#channel.identity.token).catch(peer.onDefect);
      return undefined;
    });
  }

  async #lookAgain(): Promise<void> {
    const { identity } = this.#channel;
    const known = await this.#identify(identity.token, () => this.#channel.identity === identity);
    if (known !== undefined) this.watch();
  }
}

function tokenOf(payload: unknown): string | undefined {
  if (typeof payload !== "object" || payload === null || !("access_token" in payload)) return undefined;
  return typeof payload.access_token === "string" ? payload.access_token : undefined;
}

/** No read grant at all is looked at first (protocol 12.15). */
function loss({ room, policies }: Channel, next: Policies): Refusal | undefined {
  if (!next.mayReadAnything) return refusalOf("PermissionDenied", room.topic);
  const lostOne =
    (policies.mayReadBroadcast && !next.mayReadBroadcast) ||
    (policies.mayReadPresence && !next.mayReadPresence);
  return lostOne ? refusalOf("PermissionLost", room.topic) : undefined;
}

function refusalOf(code: "PermissionDenied" | "PermissionLost", topic: string): Refusal {
  return new Refusal(code, { message: `${new Refusal(code).message}: ${topic}` });
}

/** Supabase shows some of these as its own inner terms (protocol 3.10, 12.16). */
function toTokenEnd(error: unknown): { code: ErrorCode; message: string } {
  if (error instanceof UnusableToken) return { code: "InvalidJWTToken", message: ":invalid_claims" };
  if (!(error instanceof Refusal)) throw error;
  const { code, message } = error;
  if (message.startsWith("Token has expired")) return { code: "TokenExpired", message };
  if (code === "JwtSignatureError") return { code, message: ":signature_error" };
  if (code === "JwtSignerError" && !message.includes("(kid)"))
    return { code, message: ":error_generating_signer" };
  return { code, message };
}
