import { Refusal } from "@tidewire/protocol/errors";
import type { ClientPush } from "@tidewire/protocol/phoenix/frame";
import { type JoinConfig, parseJoin, type ReplayWish, wantedReplay } from "@tidewire/protocol/supabase/join";
import { parseTopic } from "@tidewire/protocol/supabase/topic";
import type { Identity } from "../auth/claims.ts";
import { Policies } from "../auth/policies.ts";
import { UnusableToken } from "../auth/token.ts";
import type { ChannelServices, Peer } from "./ports.ts";
import type { Seats } from "./seats.ts";

/** A join that passed every check; its seat is taken. */
export interface JoinAdmission {
  topic: string;
  config: JoinConfig;
  identity: Identity;
  policies: Policies;
  replay: ReplayWish | undefined;
}

/**
 * The checks of a join, in the protocol's order (3.3), each with its own refusal. Nothing but a private channel asks
 * the project's database (difference D2). When it rejects, no seat is held.
 * @throws Refusal
 */
export async function admitJoin(
  push: ClientPush,
  { peer, seats, services }: { peer: Peer; seats: Seats; services: ChannelServices },
): Promise<JoinAdmission> {
  const topic = parseTopic(push.topic);
  const config = parseJoin(push.payload, topic);
  if (services.isDraining()) throw new Refusal("RealtimeRestarting");
  const project = services.projects.peek(peer.project.ref);
  if (project === undefined) throw new Refusal("TenantNotFound");
  const { settings } = project.record;
  if (settings.suspended) throw new Refusal("RealtimeDisabledForTenant");
  if (settings.privateOnly && !config.private) throw new Refusal("PrivateOnly");
  seats.take();
  try {
    const token = config.accessToken ?? peer.identity.token;
    const identity = await services.credentials.identify(token, project.record);
    const subject = { ref: project.ref, topic, claims: identity.claims, headers: peer.headers };
    const policies = config.private
      ? await readPolicies(subject, config.presence.enabled || settings.presenceEnabled, services)
      : Policies.everything(subject);
    return { topic, config, identity, policies, replay: toReplay(config, policies, topic) };
  } catch (error) {
    seats.giveBack();
    throw error;
  }
}

/** What a client is told of an error that came out of a join. */
export function toJoinRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  if (error instanceof UnusableToken) return new Refusal("UnknownChannelError", { cause: error });
  return new Refusal("JoinCrashed", { cause: error });
}

type Subject = Parameters<typeof Policies.read>[1];

async function readPolicies(
  subject: Subject,
  presence: boolean,
  { home }: ChannelServices,
): Promise<Policies> {
  const policies = await Policies.read(home, subject, { presence });
  if (!policies.mayReadAnything) throw unauthorized(subject.topic);
  return policies;
}

function toReplay(config: JoinConfig, policies: Policies, topic: string): ReplayWish | undefined {
  const wish = wantedReplay(config);
  if (wish !== undefined && !policies.mayReadBroadcast) throw unauthorized(topic);
  return wish;
}

function unauthorized(topic: string): Refusal {
  const message = `You do not have permissions to read from this Channel topic: ${topic}`;
  return new Refusal("Unauthorized", { message });
}
