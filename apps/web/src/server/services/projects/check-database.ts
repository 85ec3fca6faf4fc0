import { type Check, checkDatabase as checkConnection } from "@tidewire/db/check-database";
import type { MemberScope } from "../../context.ts";
import type { DatabaseReport } from "../../views/project.ts";

const TITLES: Readonly<Record<Check["name"], string>> = {
  reachable: "Can be reached",
  version: "Postgres 15 or later",
  wal_level: "Logical decoding",
  replication: "May stream changes",
  slots: "A free replication slot",
  walsenders: "A free WAL sender",
  create_objects: "May create schemas and publications",
  create_roles: "Has the roles, or may create them",
  set_roles: "May act as the roles",
};
const NAMES = Object.keys(TITLES) as Check["name"][];

/** Whether a project can live there; reads only. What could not be checked is named as skipped. */
export async function checkDatabase({ resources }: MemberScope, url: string): Promise<DatabaseReport> {
  const startedMs = resources.nowMs();
  const checks = await checkConnection(url);
  const elapsedMs = resources.nowMs() - startedMs;
  const byName = new Map(checks.map((check) => [check.name, check]));
  const isReachable = byName.get("reachable")?.ok ?? false;
  return {
    ok: checks.every(({ ok }) => ok),
    version: byName.get("version")?.sentence ?? null,
    roundTripMs: isReachable ? elapsedMs : null,
    checks: NAMES.map((name) => {
      const check = byName.get(name);
      return {
        id: name,
        title: TITLES[name],
        state: check === undefined ? "skipped" : check.ok ? "ok" : "failed",
        message: check?.sentence ?? "Not checked: the database cannot be reached.",
        remedy: check?.fixSql ?? null,
      };
    }),
  };
}
