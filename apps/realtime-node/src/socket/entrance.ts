import type { ChannelServices } from "../channel/ports.ts";
import type { Project } from "../projects/project.ts";
import type { FailureDelays } from "./failure-delays.ts";
import { type Admission, admit, type HandshakeFailure } from "./handshake.ts";
import type { Pulse } from "./pulse.ts";
import { clientKey, type UpgradeRequest } from "./upgrade-request.ts";

/** Handshakes under way at one time, each waiting for a token or the control database; more are turned away. */
const HANDSHAKES_MAX = 5_000;
/** Refusals held back at one time; more are told at once, so that slowing one client costs the node little. */
const REFUSALS_WAITING_MAX = 1_000;

export interface EntranceDeps extends Pick<ChannelServices, "tap" | "log" | "seats" | "credentials"> {
  metrics: ChannelServices["metrics"] & { handshake(result: "ok" | "error", ms: number): void };
  projects: { find(ref: string): Promise<Project | undefined> };
}

interface EntranceOptions {
  pulse: Pick<Pulse, "nowMs" | "delay">;
  delays: FailureDelays;
  isDraining(): boolean;
  /** Aborted when the node ends: nobody is held back any more. */
  signal: AbortSignal;
}

/** Where every client comes in, whatever transport it asks for: counts, decides, and slows those who keep failing. */
export class Entrance {
  readonly #deps: EntranceDeps;
  readonly #options: EntranceOptions;
  #handshakes = 0;
  #refusalsWaiting = 0;

  constructor(deps: EntranceDeps, options: EntranceOptions) {
    this.#deps = deps;
    this.#options = options;
  }

  get isFull(): boolean {
    return this.#handshakes >= HANDSHAKES_MAX;
  }

  /** Never rejects; see `admit`. */
  async judge(request: UpgradeRequest): Promise<Admission<Project> | HandshakeFailure> {
    const { projects, credentials, seats, metrics } = this.#deps;
    const { pulse, isDraining } = this.#options;
    const startedMs = pulse.nowMs();
    this.#handshakes += 1;
    const decision = await admit(request, {
      isDraining,
      find: (ref) => projects.find(ref),
      identify: (token, record) => credentials.identify(token, record),
      users: (ref) => seats.users(ref),
    });
    this.#handshakes -= 1;
    metrics.handshake("refusal" in decision ? "error" : "ok", pulse.nowMs() - startedMs);
    return decision;
  }

  /** Reports a refusal; resolves when it may be told. */
  async turnAway(request: UpgradeRequest, { refusal, ref }: HandshakeFailure): Promise<void> {
    const { metrics, tap, log } = this.#deps;
    metrics.refused(ref, refusal.code);
    const { code } = refusal;
    if (code === "ErrorConnectingToWebsocket")
      log.warn({ err: refusal.cause, code, ref }, "a handshake failed");
    else log.debug({ code, ref, address: request.address }, "a handshake was refused");
    if (ref !== undefined) {
      tap.emit({ ref, kind: "refusal", event: "handshake", code: refusal.code, message: refusal.message });
    }
    // A wrong serializer is answered at once (protocol 12.4), and so is everybody who was not at fault.
    const isOwnFault = refusal.outcome.retry === "after-change" || refusal.outcome.retry === "after-refresh";
    if (isOwnFault) await this.#holdBack(clientKey(request));
  }

  async #holdBack(client: string): Promise<void> {
    const { pulse, delays, signal } = this.#options;
    const delayMs = delays.failed(client, pulse.nowMs());
    if (this.#refusalsWaiting >= REFUSALS_WAITING_MAX) return;
    this.#refusalsWaiting += 1;
    await pulse.delay(delayMs, signal);
    this.#refusalsWaiting -= 1;
  }
}
