import type { Context } from "../src/server/context.ts";
import type { Resources } from "../src/server/resources.ts";
import { createCaller } from "../src/server/root.ts";

/** The procedures as a signed-in person sees them, without HTTP in between. */
export async function signInAs(resources: Resources, email: string) {
  const user = await resources.db.user.findUniqueOrThrow({ where: { email } });
  const context: Context = {
    resources,
    user: { id: user.id, email: user.email, name: user.name },
    caller: { ipAddress: "127.0.0.1" },
  };
  return createCaller(context);
}

export type Caller = Awaited<ReturnType<typeof signInAs>>;
