/** Plain words for what goes wrong between us and a Postgres. Socket errors first, then SQLSTATE. */
const SENTENCES: Readonly<Record<string, string>> = {
  ECONNREFUSED: "nothing listens at that address (connection refused)",
  ECONNRESET: "the server closed the connection",
  ENOTFOUND: "the host name is not known",
  EAI_AGAIN: "the host name could not be looked up",
  EHOSTUNREACH: "the host cannot be reached",
  ENETUNREACH: "the network cannot be reached",
  ETIMEDOUT: "the server did not answer in time",
  EPIPE: "the server closed the connection",
  "28P01": "the user name or password is wrong",
  "28000": "the server does not admit this user from here",
  "3D000": "there is no database of that name",
  "53300": "the server has no connection left",
  "57P01": "the server ended the session",
  "57P03": "the server is starting up or shutting down",
  "57014": "the statement took too long",
  "55P03": "another session holds what was needed for too long",
};

/**
 * One line for people, from whatever a driver or a socket threw. It never contains a connection string: neither Postgres
 * nor Node puts one into its messages.
 */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code: unknown = Reflect.get(error, "code");
  const sentence = typeof code === "string" ? SENTENCES[code] : undefined;
  if (sentence) return sentence;
  // Node tries every address of a name and reports them together, with an empty message.
  if (error instanceof AggregateError && error.errors.length > 0) return reasonOf(error.errors[0]);
  if (/timeout|timed out/i.test(error.message)) return "the server did not answer in time";
  const parts = [error.message, Reflect.get(error, "detail"), Reflect.get(error, "hint")];
  return parts.filter((part) => typeof part === "string" && part !== "").join("; ") || error.name;
}
