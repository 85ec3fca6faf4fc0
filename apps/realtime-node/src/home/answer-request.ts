import type { HomeRequest, ShapesHeld } from "@tidewire/protocol/cluster/home";
import type { ReplicationSnapshot } from "@tidewire/protocol/cluster/inspect";
import { Refusal } from "@tidewire/protocol/errors";
import type { Clock } from "../clock.ts";
import type { ChangeEngine } from "./change-engine.ts";
import { replay } from "./database-messages.ts";
import type { HomeMeter } from "./home-metrics.ts";
import type { PolicyCheck } from "./policy-check.ts";
import type { HomePool } from "./pool.ts";
import type { Replication } from "./replication.ts";

/** A home, as far as its answers need it. */
interface Answering {
  ref: string;
  clock: Clock;
  meter: HomeMeter | undefined;
  pool: HomePool;
  policies: PolicyCheck;
  replication: Pick<Replication, "state" | "term">;
  engine: ChangeEngine;
  snapshot(): ReplicationSnapshot;
}

type Request<Kind extends HomeRequest["kind"]> = Extract<HomeRequest, { kind: Kind }>;

/** What a home says to a node that asks. @throws Refusal */
export async function answerRequest(
  home: Answering,
  request: HomeRequest,
  deadlineMs: number,
): Promise<unknown> {
  const { policies, engine } = home;
  switch (request.kind) {
    case "authorize":
      return policies.check(request, deadlineMs);
    case "register-shapes":
      assertSlot(home);
      return engine.registrations.register(request);
    case "release-shapes":
      return engine.registrations.release(request, request.registrations);
    case "hold-shapes":
      return hold(engine, request);
    case "replay":
      return replayMessages(home, request, deadlineMs);
    case "status":
      return home.snapshot();
  }
}

async function replayMessages(
  { ref, clock, meter, pool }: Answering,
  request: Request<"replay">,
  deadlineMs: number,
): Promise<unknown> {
  const startedMs = clock.monotonicMs();
  const options = { lane: "check", deadlineMs, stage: "replay" } as const;
  const messages = await pool.run(options, (session) => replay(session, request));
  meter?.replayed(ref, clock.monotonicMs() - startedMs);
  return messages;
}

function hold(
  { registrations, publisher, epoch }: ChangeEngine,
  { registrations: count, ...life }: Request<"hold-shapes">,
): ShapesHeld {
  return { known: registrations.hold(life, count), epoch, sent: publisher.sentTo(life) };
}

/** Without a slot nothing keeps what is committed from now on: nothing may be promised. */
function assertSlot({ replication: { state, term }, engine }: Answering): void {
  if (term !== null && engine.catalog.isRead) return;
  const cause = state.kind === "lost" ? state.refusal : undefined;
  const code = cause === undefined ? "InitializingProjectConnection" : "DatabaseUnavailable";
  throw new Refusal(code, { message: cause?.message, stage: "stream", retryAfterMs: 1_000, cause });
}
