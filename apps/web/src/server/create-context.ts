import type { Context } from "./context.ts";
import { resources } from "./resources.ts";
import { toTrpcError } from "./to-trpc-error.ts";

/** @throws TRPCError when the session cannot be read: an unknown visitor is not the same as a signed-out one */
export async function createContext(headers: Headers): Promise<Context> {
  const shared = resources();
  const session = await shared.auth.api.getSession({ headers }).catch((error: unknown) => {
    throw toTrpcError(error);
  });
  const user = session?.user;
  return {
    resources: shared,
    user: user === undefined ? null : { id: user.id, email: user.email, name: user.name },
    caller: {
      ipAddress: headers.get("x-forwarded-for")?.split(",")[0]?.trim() || undefined,
      userAgent: headers.get("user-agent")?.slice(0, 300) || undefined,
    },
  };
}
