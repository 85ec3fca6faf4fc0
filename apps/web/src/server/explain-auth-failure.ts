import { isControlDatabaseUp } from "./is-control-database-up.ts";
import { PROBLEMS } from "./problem.ts";
import type { Resources } from "./resources.ts";

const TRY_LATER_S = 10;

/**
 * better-auth's answers with the sentences people need: how long a lock-out lasts, and that it is not their password
 * when the control database is away. Everything else passes as it is.
 */
export async function explainAuthFailure(
  response: Response,
  resources: Pick<Resources, "db">,
): Promise<Response> {
  if (response.status === 429) {
    const seconds = Number(response.headers.get("x-retry-after") ?? TRY_LATER_S);
    return Response.json(
      {
        code: "TOO_MANY_ATTEMPTS",
        message: `Too many attempts from your address. Try again in ${seconds} s.`,
        retryAfterS: seconds,
      },
      { status: 429, headers: { "retry-after": String(seconds) } },
    );
  }
  if (response.status < 500) return response;
  const isUp = await isControlDatabaseUp(resources);
  const { text, remedy } = PROBLEMS.ControlDatabaseDown;
  return isUp
    ? Response.json(
        { code: "SERVER_ERROR", message: "Signing in failed on the server. Its log has the details." },
        { status: 500 },
      )
    : Response.json({ code: "CONTROL_DATABASE_DOWN", message: `${text} ${remedy}` }, { status: 503 });
}
