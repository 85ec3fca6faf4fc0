import { type ErrorCode, Refusal } from "@tidewire/protocol/errors";

/** The five-character SQLSTATE of a Postgres error, Node's code of a socket error, or undefined. */
export function errorCodeOf(error: unknown): string | undefined {
  if (typeof error !== "object" || error === null || !("code" in error)) return undefined;
  return typeof error.code === "string" ? error.code : undefined;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** True when the session is gone or was never made, as opposed to a statement that failed in it. */
export function isConnectionLost(error: unknown): boolean {
  const code = errorCodeOf(error);
  if (code === undefined) return /connection terminated|timeout|not queryable/i.test(messageOf(error));
  return /^(E[A-Z_]+|08...|57P0[1-5]|25P03|53300)$/.test(code);
}

interface Known {
  code: ErrorCode;
  /** Told after Postgres' own sentence: what ends it, as SQL where SQL can. */
  fix?: string;
}

const REPLICATION_FAULTS: Readonly<Record<string, Known>> = {
  "53300": {
    code: "ReplicationMaxWalSendersReached",
    fix: "run `ALTER SYSTEM SET max_wal_senders = 20; ALTER SYSTEM SET max_connections = 200;` and restart Postgres",
  },
  "53400": {
    code: "ReplicationMaxWalSendersReached",
    fix: "run `ALTER SYSTEM SET max_replication_slots = 20;` and restart Postgres, or drop an unused slot with `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE NOT active`",
  },
  "55006": { code: "ReplicationSlotBeingUsed" },
  "42501": {
    code: "StartReplicationFailed",
    fix: "run `ALTER ROLE CURRENT_USER REPLICATION` as a superuser",
  },
  "42704": { code: "StartReplicationFailed" },
  "57014": { code: "StartReplicationFailed" },
};

const NOT_LOGICAL = /wal_level/;

/**
 * Why the change stream cannot run, as a row of the error table. The message is Postgres' own, followed by the SQL
 * that ends the cause.
 */
export function toReplicationRefusal(error: unknown, stage: string): Refusal {
  if (error instanceof Refusal) return error;
  const message = messageOf(error);
  const { code, fix } = classify(error, message);
  return new Refusal(code, {
    message: fix === undefined ? message : `${message}; ${fix}`,
    stage,
    cause: error,
  });
}

function classify(error: unknown, message: string): Known {
  const sqlState = errorCodeOf(error);
  if (sqlState === "55000" && NOT_LOGICAL.test(message)) {
    return {
      code: "StartReplicationFailed",
      fix: "run `ALTER SYSTEM SET wal_level = 'logical'` and restart Postgres",
    };
  }
  const known = sqlState === undefined ? undefined : REPLICATION_FAULTS[sqlState];
  return known ?? { code: "DatabaseUnavailable" };
}
