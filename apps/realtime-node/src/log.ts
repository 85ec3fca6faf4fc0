import { type DestinationStream, type Logger, pino } from "pino";
import { redactSecrets } from "./redact.ts";

/** Structured log: fields first, then one constant sentence. Errors go under `err`. */
export interface Log {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  fatal(fields: object, message: string): void;
  child(fields: object): Log;
}

export const LOG_LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

interface LogOptions {
  level: LogLevel;
  /** Present on every line. */
  fields: object;
  /** Default: standard output, written synchronously so that the last line before an exit is not lost. */
  destination?: DestinationStream;
}

/** JSON lines; keys, tokens and passwords are blanked whatever field or message they arrive in. */
export function createLog({ level, fields, destination }: LogOptions): Log {
  const logger: Logger = pino(
    {
      level,
      base: fields,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: { streamWrite: redactSecrets },
    },
    destination ?? pino.destination({ dest: 1, sync: true }),
  );
  return logger;
}
