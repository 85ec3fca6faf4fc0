import type { BindingSpec } from "../cluster/home.ts";
import { Refusal } from "../errors.ts";
import { REPLAY_ROWS_MAX } from "../phoenix/limits.ts";
import { BindingError, bindingIds, parseBinding } from "./binding.ts";
import { Casting, isObject } from "./cast.ts";

/** A postgres_changes entry of a join. */
export interface JoinBinding {
  /** Stands in the reply and in every change's `ids`. */
  id: number;
  spec: BindingSpec;
  /** The client's own object with its `id`, for the reply. */
  echo: Record<string, unknown>;
}

/** Rows of `realtime.messages` to deliver first (protocol 4.5). */
export interface ReplayWish {
  sinceMs: number;
  /** 1 to 25. */
  limit: number;
}

/** What a `phx_join` asks for, with every default applied (protocol 3.2). */
export interface JoinConfig {
  private: boolean;
  broadcast: {
    ack: boolean;
    self: boolean;
    replicationReady: boolean;
    /** Look at it through {@link wantedReplay}, when read permission has been checked. */
    replay: ReplayWish | "invalid" | undefined;
    /** Difference D6: positions in `meta`. */
    sequence: boolean;
    /** Difference D6: origin -> last sequence number seen. */
    resume: Record<string, number> | undefined;
    /** Difference D6: `joined_at` of the reply with which the client began to listen, epoch ms of the server. */
    resumeSinceMs: number | undefined;
  };
  /** Without a key the server makes one. */
  presence: { key: string | undefined; enabled: boolean };
  /** All entries, or none when `bindingError` says why: they stand or fall together (protocol 6.3). */
  bindings: JoinBinding[];
  bindingError: string | undefined;
  /** `response.postgres_changes` of the reply: index-aligned with the request, also when `bindingError` is set. */
  echoes: Record<string, unknown>[];
  /** Without a `config` key: changes are pushed with their type as event and without ids (protocol 3.2). */
  legacy: boolean;
  /** Undefined: the connection's token counts. May be "", which is malformed. */
  accessToken: string | undefined;
  /** Fields that fell back to their defaults, for the log (InvalidJoinPayload). */
  invalidFields: string[];
}

/**
 * @param topic without `realtime:`; a legacy join names its table there
 * @throws Refusal UnknownErrorOnChannel when payload, `config` or `config.broadcast` has no fields at all (12.10)
 */
export function parseJoin(payload: unknown, topic = ""): JoinConfig {
  if (!isObject(payload)) throw notAnObject("payload");
  const config = payload.config ?? {};
  if (!isObject(config)) throw notAnObject("config");
  const broadcast = config.broadcast ?? {};
  if (!isObject(broadcast)) throw notAnObject("config.broadcast");

  const cast = new Casting();
  const legacy = !Object.hasOwn(payload, "config");
  const entries = legacy
    ? legacyEntries(topic)
    : cast.objects(config.postgres_changes, "config.postgres_changes");
  return {
    private: cast.boolean(config.private, "config.private"),
    broadcast: parseBroadcastConfig(broadcast, cast),
    presence: parsePresenceConfig(config.presence, cast),
    ...parseBindings(entries),
    legacy,
    accessToken: parseAccessToken(payload),
    invalidFields: cast.invalid,
  };
}

function notAnObject(field: string): Refusal {
  return new Refusal("UnknownErrorOnChannel", { message: `${field} must be an object` });
}

function parseBroadcastConfig(config: Record<string, unknown>, cast: Casting): JoinConfig["broadcast"] {
  const resume = parseResume(config.resume, cast);
  return {
    ack: cast.boolean(config.ack, "config.broadcast.ack"),
    self: cast.boolean(config.self, "config.broadcast.self"),
    // Supabase reads this one from the raw JSON, where every value but false and null is true, even "false".
    replicationReady: (config.replication_ready ?? false) !== false,
    replay: parseReplay(config.replay, cast),
    sequence: resume !== undefined || cast.boolean(config.sequence, "config.broadcast.sequence"),
    resume,
    resumeSinceMs: cast.integer(config.resume_since, "config.broadcast.resume_since"),
  };
}

function parseReplay(value: unknown, cast: Casting): ReplayWish | "invalid" | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isObject(value)) {
    cast.invalid.push("config.broadcast.replay");
    return undefined;
  }
  const limit = value.limit ?? REPLAY_ROWS_MAX;
  if (!isInteger(value.since) || !isInteger(limit)) return "invalid";
  return { sinceMs: value.since, limit: Math.min(Math.max(limit, 1), REPLAY_ROWS_MAX) };
}

/** More origins than a fleet has nodes within one history window mean a broken client. */
const RESUME_ORIGINS_MAX = 256;

function parseResume(value: unknown, cast: Casting): Record<string, number> | undefined {
  if (value === undefined || value === null) return undefined;
  const positions = isObject(value) ? Object.entries(value) : [];
  const isValid = isObject(value) && positions.every(([, seq]) => isInteger(seq) && seq >= 0);
  if (isValid && positions.length <= RESUME_ORIGINS_MAX) return value as Record<string, number>;
  cast.invalid.push("config.broadcast.resume");
  return undefined;
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}

function parsePresenceConfig(value: unknown, cast: Casting): JoinConfig["presence"] {
  const presence = cast.object(value, "config.presence");
  return {
    key: toPresenceKey(presence.key),
    enabled: cast.boolean(presence.enabled, "config.presence.enabled"),
  };
}

function toPresenceKey(key: unknown): string | undefined {
  if (key === undefined || key === null || key === "") return undefined;
  return typeof key === "string" ? key : JSON.stringify(key);
}

function parseBindings(
  entries: Record<string, unknown>[],
): Pick<JoinConfig, "bindings" | "bindingError" | "echoes"> {
  const ids = bindingIds(entries);
  const echoes = entries.map((entry, index) => ({ ...entry, id: ids[index] as number }));
  try {
    const bindings = echoes.map((echo, index) => {
      return { id: echo.id, spec: parseBinding(entries[index] as Record<string, unknown>), echo };
    });
    return { bindings, bindingError: undefined, echoes };
  } catch (error) {
    if (error instanceof BindingError) return { bindings: [], bindingError: error.message, echoes };
    throw error;
  }
}

/** `schema[:table[:filter]]`; the filter may hold further colons. */
function legacyEntries(topic: string): Record<string, unknown>[] {
  const [schema, table, ...filter] = topic.split(":");
  if (table === undefined) return [{ schema }];
  if (filter.length === 0) return [{ schema, table }];
  return [{ schema, table, filter: filter.join(":") }];
}

/** `user_token` wins when both are text; with an API key in either the connection's token counts (protocol 3.2). */
function parseAccessToken({ access_token, user_token }: Record<string, unknown>): string | undefined {
  const tokens = [user_token, access_token].filter((token) => typeof token === "string");
  if (tokens.some(isApiKey)) return undefined;
  return tokens[0];
}

/** Opaque keys are not tokens: Supabase's begin with `sb_`, ours with `tw_`. */
export function isApiKey(token: string): boolean {
  return token.startsWith("sb_") || token.startsWith("tw_");
}

/**
 * What to replay, if anything.
 * @throws Refusal UnableToReplayMessages
 */
export function wantedReplay(config: JoinConfig): ReplayWish | undefined {
  const { replay } = config.broadcast;
  if (replay === undefined) return undefined;
  if (!config.private) {
    throw new Refusal("UnableToReplayMessages", { message: "Replay is not allowed for public channels" });
  }
  if (replay === "invalid")
    throw new Refusal("UnableToReplayMessages", { message: "Replay params are not valid" });
  return replay;
}
