import type { SimulationView } from "#server/views/policies.ts";

export type Said = "yes" | "no" | "error";

const WEIGHT: Record<Said, number> = { no: 0, yes: 1, error: 2 };

/** What the deciding policies of a simulation said; of several answers the one that stands out. */
export function saidBy(result: SimulationView | null): ReadonlyMap<string, Said> {
  const said = new Map<string, Said>();
  for (const { action, extension, deciding } of result?.decisions ?? []) {
    for (const vote of result?.votes ?? []) {
      if (vote.action !== action || vote.extension !== extension || !deciding.includes(vote.policy)) continue;
      const known = said.get(vote.policy);
      if (vote.vote !== null && (known === undefined || WEIGHT[vote.vote] > WEIGHT[known]))
        said.set(vote.policy, vote.vote);
    }
  }
  return said;
}
