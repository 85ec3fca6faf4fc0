import { createHash } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { getRequestListener, type HttpBindings } from "@hono/node-server";
import type { ProjectRecord } from "@tidewire/db/node-store";
import type { AuthorizeRequest, Grants, ReplayedMessage } from "@tidewire/protocol/cluster/home";
import { Refusal } from "@tidewire/protocol/errors";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { bindingsRefused, subscribed } from "@tidewire/protocol/supabase/system";
import {
  connectPhoenix,
  type PhoenixClient,
  type PhoenixClientOptions,
} from "@tidewire/testkit/phoenix-client";
import { signUserToken, type TokenClaims } from "@tidewire/testkit/tokens";
import { Credentials } from "../../src/auth/credentials.ts";
import { MemoryBroker, MemoryBus } from "../../src/bus/memory-bus.ts";
import type { BindingsPort } from "../../src/channel/ports.ts";
import { systemClock } from "../../src/clock.ts";
import { createIdentity } from "../../src/cluster/identity.ts";
import { Membership } from "../../src/cluster/membership.ts";
import { Users } from "../../src/cluster/users.ts";
import { TrustedProxies } from "../../src/http/client-address.ts";
import { Hub } from "../../src/hub/hub.ts";
import { Relay } from "../../src/hub/relay.ts";
import { Tap, type TapReport } from "../../src/inspect/tap.ts";
import { createLog, type LogLevel } from "../../src/log.ts";
import { Metrics } from "../../src/metrics.ts";
import { Presence } from "../../src/presence/presence.ts";
import { createProject } from "../../src/projects/project.ts";
import { createListener, type Listener } from "../../src/socket/listener.ts";
import { LONG_POLL_PATHS } from "../../src/socket/socket-path.ts";
import { toWireFrame } from "../../src/socket/wire-frame.ts";
import type { SteppedClock } from "./stepped-clock.ts";

export const REF = "edgeproject000000000";
export const JWT_SECRET = "the-secret-of-the-edge-project-0123456789";
export const PUBLISHABLE_KEY = "tw_publishable_edge";
export const SECRET_KEY = "sb_secret_edge";

/** What the project's database would say, decided by the test. */
interface HomeAnswers {
  /** Default: everything is granted. May throw a `Refusal`, now or later. */
  authorize: (request: AuthorizeRequest) => Grants | Promise<Grants>;
  replay: () => ReplayedMessage[] | Promise<ReplayedMessage[]>;
  /** The position from which on changes would come. The client is told what this says. */
  subscribe: (...args: Parameters<BindingsPort["subscribe"]>) => Promise<string>;
  status: () => { state: string };
}

export interface EdgeOptions {
  limits?: Partial<ProjectLimits>;
  settings?: Partial<ProjectSettings>;
  jwks?: ProjectRecord["jwks"];
  trustedProxies?: string[];
  /** Time that also jumps when the test says so. */
  clock?: SteppedClock;
}

/**
 * The edge of one node without a database behind it: real sockets, codecs, hub, relay and presence. Only what a home
 * would answer comes from the test, so that it can be slow, wrong or away at the moment the test needs it.
 */
export interface Edge extends AsyncDisposable {
  readonly url: string;
  readonly listener: Listener;
  readonly record: ProjectRecord;
  readonly home: HomeAnswers;
  readonly asked: AuthorizeRequest[];
  readonly reports: TapReport[];
  readonly unsubscribed: string[];
  /** With the publishable key, unless told otherwise. */
  connect(options?: Partial<PhoenixClientOptions>): Promise<PhoenixClient>;
  /** A token of a signed-in user of the project. */
  token(claims?: TokenClaims): string;
  forgetProject(): void;
}

export async function startEdge(options: EdgeOptions = {}): Promise<Edge> {
  const { clock = systemClock, trustedProxies } = options;
  const log = createLog({ level: (process.env.TEST_LOG_LEVEL ?? "silent") as LogLevel, fields: {} });
  const record = toRecord(options);
  const project = createProject(record, () => clock.monotonicMs());
  let known: typeof project | undefined = project;
  const identity = createIdentity({ nodeId: "edge", region: "test" }, clock.nowMs());
  const bus = new MemoryBus(new MemoryBroker());
  const hub = new Hub();
  const historyOf = () => ({ windowMs: record.settings.historyWindowMs, messagesMax: 1_000 });
  const relay = new Relay({ hub, bus, boot: identity.boot, clock, log, toWireFrame, historyOf });
  const membership = new Membership({ identity, bus, clock, log });
  const presence = new Presence({
    self: identity,
    bus,
    clock,
    log,
    leases: membership,
    deliver: (room, diff) => relay.deliverFrame(room, "presence_diff", diff, "presence"),
  });
  hub.onInterest((room, interested) => (interested ? presence.watch(room) : presence.unwatch(room)));
  const tap = new Tap({ node: "edge", boot: identity.boot, nowMs: () => clock.nowMs() });
  const reports: TapReport[] = [];
  const asked: AuthorizeRequest[] = [];
  const unsubscribed: string[] = [];
  const home: HomeAnswers = {
    authorize: ({ extensions }) => Object.fromEntries(extensions.map((extension) => [extension, true])),
    replay: () => [],
    subscribe: async () => "0/16B3748",
    status: () => ({ state: "streaming" }),
  };
  const listener = createListener({
    node: "edge",
    clock,
    projects: {
      find: async (ref) => (ref === REF ? known : undefined),
      peek: (ref) => (ref === REF ? known : undefined),
    },
    credentials: new Credentials(() => clock.nowMs()),
    seats: new Users(() => 0),
    proxies: new TrustedProxies(trustedProxies),
    hub,
    relay,
    presence,
    home: {
      async authorize(_ref, request) {
        asked.push(request);
        return home.authorize(request);
      },
      watchPolicies: () => () => undefined,
      replay: async () => home.replay(),
      status: async () => home.status(),
    },
    bindings: {
      async subscribe(member, bindings, claims) {
        try {
          const lsn = await home.subscribe(member, bindings, claims);
          member.system(subscribed(member.topic, lsn));
          return { lsn };
        } catch (error) {
          if (error instanceof Refusal) member.system(bindingsRefused(member.topic, error.reason()));
          throw error;
        }
      },
      unsubscribe: (channelId) => void unsubscribed.push(channelId),
    },
    tap: {
      wants: () => true,
      emit(report) {
        reports.push(report);
        tap.emit(report);
      },
    },
    metrics: new Metrics({ node: "edge", region: "test" }),
    log,
  });
  const server = createServer(
    getRequestListener((request, env) => {
      const { incoming } = env as HttpBindings;
      const isPoll = LONG_POLL_PATHS.some((path) => request.url.includes(path));
      return isPoll ? listener.poll({ incoming, request }) : new Response(null, { status: 400 });
    }),
  );
  server.on("upgrade", (request, socket, head) => listener.upgrade(request, socket, head));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/p/${REF}`;
  const clients: PhoenixClient[] = [];
  return {
    url,
    listener,
    record,
    home,
    asked,
    reports,
    unsubscribed,
    async connect(overrides) {
      const client = await connectPhoenix({ url, apikey: PUBLISHABLE_KEY, ...overrides });
      clients.push(client);
      return client;
    },
    token: (claims) => signUserToken(JWT_SECRET, claims),
    forgetProject() {
      known = undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const client of clients) client.socket.terminate();
      listener.close();
      presence.close();
      relay.close();
      membership.close();
      await bus.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function toRecord({ limits, settings, jwks = null }: EdgeOptions): ProjectRecord {
  const sha256 = (key: string) => createHash("sha256").update(key).digest("hex");
  return {
    ref: REF,
    name: "Edge",
    region: "test",
    databaseUrl: "postgresql://nowhere",
    jwtSecret: JWT_SECRET,
    jwks,
    limits: ProjectLimits.parse({ maxJoinsPerSecond: 10_000, maxEventsPerSecond: 100_000, ...limits }),
    settings: ProjectSettings.parse({ ...settings }),
    keys: [
      { kind: "publishable", hash: sha256(PUBLISHABLE_KEY) },
      { kind: "secret", hash: sha256(SECRET_KEY) },
    ],
    version: 1,
  };
}
