import {
  type AuthorizeRequest,
  type Grants,
  HomeReply,
  type HomeRequest,
  type RegisterShapes,
  type ReplayedMessage,
  type ShapesHeld,
  type ShapesRegistered,
} from "@tidewire/protocol/cluster/home";
import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import { isErrorCode, Refusal } from "@tidewire/protocol/errors";
import type { z } from "zod";
import { type Bus, BusUnavailable, NoResponders, RequestTimeout } from "../bus/bus.ts";
import type { NodeLife } from "../changes/shapes.ts";
import type { Clock } from "../clock.ts";
import { DeadlineExceeded, within } from "../deadline.ts";
import { encodeHomeRequest } from "./home-server.ts";
import { PolicyNews, type PolicyWatcher } from "./policy-news.ts";

/** A home that has just been elected needs a moment until it is heard everywhere. */
const AGAIN_MS = 50;
/** The home's own refusal, with its reason, should come before the asker's patience ends. */
const MARGIN_MS = 1_000;

const RELEASE_DEADLINE_MS = 2_000;

export interface Patience {
  /** From now. */
  deadlineMs: number;
}

interface Options {
  bus: Pick<Bus, "request" | "subscribe">;
  clock: Clock;
  /** Resolves when it makes sense to ask again: this node is home now, or another one is. Rejects with a Refusal. */
  homes: { want(ref: string): Promise<void> };
}

/**
 * Asks the home of a project, wherever it is; without one, has it elected. Every method rejects with a Refusal that
 * says where and how long it waited.
 */
export class HomeClient {
  readonly #options: Options;
  readonly #news: PolicyNews;

  constructor(options: Options) {
    this.#options = options;
    this.#news = new PolicyNews(options.bus);
  }

  /** Asks the watcher again whenever the project's policies are not those that it has grants of. Returns how to stop. */
  watchPolicies(ref: string, watcher: PolicyWatcher): () => void {
    return this.#news.watch(ref, watcher);
  }

  authorize(ref: string, request: AuthorizeRequest, patience: Patience): Promise<Grants> {
    return this.#ask<Grants>(ref, request, patience);
  }

  replay(
    ref: string,
    wish: { topic: string; since: number; limit?: number },
    patience: Patience,
  ): Promise<z.infer<typeof ReplayedMessage>[]> {
    return this.#ask<z.infer<typeof ReplayedMessage>[]>(ref, { kind: "replay", ...wish }, patience);
  }

  status(ref: string, patience: Patience): Promise<ReplicationSnapshot> {
    return this.#ask<ReplicationSnapshot>(ref, { kind: "status" }, patience);
  }

  register(
    ref: string,
    request: Omit<RegisterShapes, "kind">,
    patience: Patience,
  ): Promise<ShapesRegistered> {
    return this.#ask<ShapesRegistered>(ref, { kind: "register-shapes", ...request }, patience);
  }

  /** Without a home there is nothing to release. */
  async release(ref: string, life: NodeLife, registrations: string[]): Promise<void> {
    const data = encodeHomeRequest({ kind: "release-shapes", ...life, registrations }, RELEASE_DEADLINE_MS);
    await this.#options.bus.request(subjects.home(ref), data, { timeoutMs: RELEASE_DEADLINE_MS });
  }

  hold(ref: string, life: NodeLife, registrations: number, patience: Patience): Promise<ShapesHeld> {
    return this.#ask<ShapesHeld>(ref, { kind: "hold-shapes", ...life, registrations }, patience);
  }

  /** The answer's shape is that of the same version of this code on another node. */
  async #ask<T>(ref: string, request: HomeRequest, { deadlineMs }: Patience): Promise<T> {
    const { bus, clock } = this.#options;
    const startedAtMs = clock.monotonicMs();
    for (;;) {
      const elapsedMs = clock.monotonicMs() - startedAtMs;
      const leftMs = deadlineMs - elapsedMs;
      if (leftMs <= 0) throw unavailable(elapsedMs);
      try {
        const data = encodeHomeRequest(request, Math.max(leftMs - MARGIN_MS, leftMs * 0.75));
        const answer = await bus.request(subjects.home(ref), data, { timeoutMs: leftMs });
        return toResult(HomeReply.parse(JSON.parse(Buffer.from(answer).toString()))) as T;
      } catch (error) {
        if (error instanceof RequestTimeout || error instanceof BusUnavailable) {
          throw unavailable(clock.monotonicMs() - startedAtMs, error);
        }
        if (!(error instanceof NoResponders)) throw error;
        await this.#elect(ref, leftMs);
      }
    }
  }

  async #elect(ref: string, leftMs: number): Promise<void> {
    const { homes, clock } = this.#options;
    try {
      await within("the election of a home", homes.want(ref), { timeoutMs: leftMs, clock });
    } catch (error) {
      if (!(error instanceof DeadlineExceeded)) throw error;
    }
    await new Promise<void>((resolve) => clock.after(AGAIN_MS, resolve));
  }
}

function unavailable(elapsedMs: number, cause?: unknown): Refusal {
  return new Refusal("HomeUnavailable", {
    stage: "home",
    elapsedMs: Math.round(elapsedMs),
    retryAfterMs: 1_000,
    cause,
  });
}

function toResult(reply: HomeReply): unknown {
  if (reply.ok) return reply.result;
  const { code, message, stage, elapsedMs, retryAfterMs } = reply;
  if (isErrorCode(code)) throw new Refusal(code, { message, stage, elapsedMs, retryAfterMs });
  throw new Refusal("ErrorOnRpcCall", { message: `${code}: ${message}`, stage, elapsedMs, retryAfterMs });
}
