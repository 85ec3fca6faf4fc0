import { simulatePolicies } from "@tidewire/db/policy-simulation";
import { Refusal } from "@tidewire/protocol/errors";
import type { Simulate } from "../../../lib/schemas/database.ts";
import type { ProjectScope } from "../../context.ts";
import type { SimulationView } from "../../views/policies.ts";
import { askDatabase } from "../database/ask-database.ts";
import { toDecisions } from "./to-decision.ts";

/**
 * What these claims may do on a topic, and which policies say so; as a node would ask, and nothing of it stays. Claims
 * are taken as they are: no signature is checked and nothing is written down.
 *
 * @throws Problem as {@link askDatabase}
 */
export async function simulate(
  ctx: Pick<ProjectScope, "resources" | "project">,
  { topic, claims }: Pick<Simulate, "topic" | "claims">,
): Promise<SimulationView> {
  const { nowMs } = ctx.resources;
  const startedMs = nowMs();
  const simulation = await askDatabase(ctx, (client) =>
    simulatePolicies(client, { topic, claims, headers: {} }),
  );
  const decisions = toDecisions(simulation);
  const isAdmitted = decisions.some(({ action, allowed }) => action === "read" && allowed);
  const message = `You do not have permissions to read from this Channel topic: ${topic}`;
  return {
    role: simulation.role,
    topic,
    ms: nowMs() - startedMs,
    refusal: isAdmitted ? null : new Refusal("Unauthorized", { message }).reason(),
    decisions,
    votes: simulation.votes,
  };
}
