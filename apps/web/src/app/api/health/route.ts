import { isControlDatabaseUp } from "#server/is-control-database-up.ts";
import { resources } from "#server/resources.ts";

export const dynamic = "force-dynamic";

/** 200 when the dashboard can do its work, 503 with the reason when it cannot. */
export async function GET(): Promise<Response> {
  const { db, reconciler } = resources();
  const isUp = await isControlDatabaseUp({ db });
  const body = { ok: isUp, controlDatabase: isUp, fleet: reconciler?.view().role ?? "off" };
  return Response.json(body, { status: isUp ? 200 : 503, headers: { "cache-control": "no-store" } });
}
