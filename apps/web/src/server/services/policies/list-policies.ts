import { POLICY_TABLES_MAX, readPolicyTables } from "@tidewire/db/policy-tables";
import type { ProjectScope } from "../../context.ts";
import type { PoliciesView } from "../../views/policies.ts";
import { askDatabase } from "../database/ask-database.ts";

/** Row security and policies of what is streamed. @throws Problem as {@link askDatabase} */
export async function listPolicies(ctx: Pick<ProjectScope, "resources" | "project">): Promise<PoliciesView> {
  const tables = await askDatabase(ctx, readPolicyTables);
  return {
    tables: tables.slice(0, POLICY_TABLES_MAX),
    isCut: tables.length > POLICY_TABLES_MAX,
    isManaged: ctx.project.managed,
  };
}
