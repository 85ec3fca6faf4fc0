export type JsonCheck = { ok: true } | { ok: false; reason: string };

/** Whether a text can be sent as a payload, and if not, why and on which line. */
export function checkJsonObject(text: string): JsonCheck {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ok: true };
    return { ok: false, reason: "a payload is a JSON object: { … }" };
  } catch (error) {
    return { ok: false, reason: withLine(error instanceof Error ? error.message : "not JSON", text) };
  }
}

function withLine(message: string, text: string): string {
  const position = /position (\d+)/.exec(message)?.[1];
  if (position === undefined || /line \d+/.test(message)) return message;
  const line = text.slice(0, Number(position)).split("\n").length;
  return `${message} (line ${line})`;
}
