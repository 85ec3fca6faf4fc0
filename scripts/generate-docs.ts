import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { CHANNEL_ERRORS } from "@tidewire/protocol/errors/channel";
import { CONNECTION_ERRORS } from "@tidewire/protocol/errors/connection";
import { DATABASE_ERRORS } from "@tidewire/protocol/errors/database";
import { LIMIT_ERRORS } from "@tidewire/protocol/errors/limits";
import { NEVER_SENT } from "@tidewire/protocol/errors/never-sent";
import type { Effect, Outcome, Retry } from "@tidewire/protocol/errors/outcome";
import { REPLICATION_ERRORS } from "@tidewire/protocol/errors/replication";
import { REQUEST_ERRORS } from "@tidewire/protocol/errors/request";
import { TOKEN_ERRORS } from "@tidewire/protocol/errors/token";

/** Writes the pages that are made from code; with `--check` it only says whether they are fresh (`npm run docs:check`). */

const CHAPTERS: readonly [title: string, table: Record<string, Outcome>][] = [
  ["Keys, tokens and policies", TOKEN_ERRORS],
  ["Connections", CONNECTION_ERRORS],
  ["Channels", CHANNEL_ERRORS],
  ["Limits", LIMIT_ERRORS],
  ["Database", DATABASE_ERRORS],
  ["Row changes and the stream", REPLICATION_ERRORS],
  ["REST requests", REQUEST_ERRORS],
];

const EFFECTS: Record<Effect, string> = {
  reply: "An error reply to the push; a refused join leaves no channel, any other channel lives on",
  system: "A `system` message on the channel, which lives on",
  leave: "A `system` message, then `phx_close`; the socket stays",
  crash: "`phx_error`; the channel is over, clients re-join by themselves",
  close: "The socket is closed",
  http: "An HTTP answer",
  drop: "The message is dropped; the log and the inspector show it",
  log: "Nothing a client sees; the log shows it",
};

const RETRIES: Record<Retry, string> = {
  never: "No use; the same request ends the same way, or nothing is left to do",
  "at-once": "At once",
  "with-backoff": "With growing pauses",
  "after-refresh": "With a fresh token",
  "after-change": "After the request, a policy or a setting has changed",
};

const INTRODUCTION = `# Error codes

<!-- Made from packages/protocol/src/errors by \`npm run docs\`. Do not edit. -->

Every refusal of Tidewire has one of these codes. A client reads \`<Code>: <sentence>\` in a reply or a \`system\` message, or, where
Supabase Realtime sends no code, the sentence alone. The sentence may be more exact than the one here, and ends with
\`(stage=..., elapsedMs=..., retryAfterMs=...)\` when waiting can help.
`;

function errorsPage(): string {
  const index = CHAPTERS.map(([title, table]) => `- ${title}: ${Object.keys(table).map(toLink).join(", ")}`);
  const chapters = CHAPTERS.map(([title, table]) =>
    [`## ${title}`, ...Object.entries(table).map(([code, outcome]) => section(code, outcome))].join("\n\n"),
  );
  const unused = Object.entries(NEVER_SENT).map(([code, instead]) => `- \`${code}\`: ${instead}`);
  return [
    INTRODUCTION,
    ...index,
    "",
    chapters.join("\n\n"),
    "",
    "## Codes of Supabase Realtime that Tidewire never sends",
    "",
    ...unused,
    "",
  ].join("\n");
}

function toLink(code: string): string {
  return `[${code}](#${code.toLowerCase()})`;
}

function section(code: string, outcome: Outcome): string {
  return [
    `### ${code}`,
    "",
    `> ${outcome.text}`,
    "",
    `- **When:** ${outcome.when}`,
    `- **Effect:** ${effectOf(outcome)}.`,
    `- **Retry:** ${RETRIES[outcome.retry]}.`,
    `- **Remedy:** ${outcome.remedy}`,
  ].join("\n");
}

function effectOf({ effect, closeCode, httpStatus, httpText, rest }: Outcome): string {
  const parts = [EFFECTS[effect]];
  if (closeCode !== undefined) parts.push(`close code ${closeCode}`);
  if (httpStatus !== undefined) parts.push(`HTTP ${httpStatus}${httpText ? ` "${httpText}"` : ""}`);
  if (rest) parts.push(`REST ${rest.status} "${rest.text}"`);
  return parts.join("; ");
}

const PAGES = { "errors.md": errorsPage };

function run(isCheck: boolean): number {
  const stale = Object.entries(PAGES).filter(([name, render]) => {
    const path = fileURLToPath(new URL(`../docs/${name}`, import.meta.url));
    const wanted = render();
    if (readIfThere(path) === wanted) return false;
    if (!isCheck) writeFileSync(path, wanted);
    return true;
  });
  const names = stale.map(([name]) => `docs/${name}`).join(", ");
  if (stale.length === 0) console.log("Generated docs are fresh.");
  else console.log(isCheck ? `Stale: ${names}. Run \`npm run docs\`.` : `Written: ${names}`);
  return isCheck && stale.length > 0 ? 1 : 0;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

process.exitCode = run(process.argv.includes("--check"));
