import type { PolicyAction, PolicyVote, Simulation } from "@tidewire/db/policy-simulation";
import { Extension } from "@tidewire/protocol/cluster/home";
import type { Decision } from "../../views/policies.ts";

type Reason = Pick<Decision, "because" | "deciding">;

/** The four answers for a topic, each with the policies that made it. */
export function toDecisions(simulation: Simulation): Decision[] {
  return (["read", "write"] as const).flatMap((action) =>
    Extension.options.map((extension) => toDecision(simulation, action, extension)),
  );
}

function toDecision(simulation: Simulation, action: PolicyAction, extension: Extension): Decision {
  const answer = simulation[action];
  const allowed = answer.ok && answer.grants[extension] === true;
  const votes = simulation.votes.filter(
    (vote) => vote.action === action && vote.extension === extension && vote.applies,
  );
  const reason = allowed ? whyAllowed(simulation, votes) : whyDenied(simulation, action, votes);
  return { action, extension, allowed, ...reason };
}

function whyAllowed({ role, rowSecurity }: Simulation, votes: readonly PolicyVote[]): Reason {
  if (!rowSecurity) return nobody("Row security is off on `realtime.messages`: every role may.");
  if (role.bypasses) return nobody(`The role \`${role.name}\` passes all policies.`);
  const yes = namesOf(votes, (vote) => vote.permissive && vote.vote === "yes");
  return { because: `${list(yes)} ${yes.length === 1 ? "says" : "say"} yes.`, deciding: yes };
}

function whyDenied(simulation: Simulation, action: PolicyAction, votes: readonly PolicyVote[]): Reason {
  const { role } = simulation;
  const answer = simulation[action];
  if (!role.exists) return nobody(`The database knows no role \`${role.name}\`.`);
  const raised = votes.filter((vote) => vote.vote === "error");
  if (!answer.ok) {
    const names = namesOf(raised, () => true);
    const who = names.length === 0 ? "Postgres" : list(names);
    return { because: `${who} raised an error: ${raised[0]?.error ?? answer.message}.`, deciding: names };
  }
  if (!(action === "read" ? role.mayRead : role.mayWrite)) {
    const right = action === "read" ? "SELECT" : "INSERT";
    return nobody(`The role \`${role.name}\` has no ${right} right on \`realtime.messages\`.`);
  }
  const forbidding = namesOf(votes, (vote) => !vote.permissive && vote.vote !== "yes");
  const permissive = votes.filter((vote) => vote.permissive);
  if (permissive.length === 0) return nobody(`No policy lets the role \`${role.name}\` ${action}.`);
  if (permissive.some(({ vote }) => vote === "yes") && forbidding.length > 0) {
    return {
      because: `${list(forbidding)} ${forbidding.length === 1 ? "forbids" : "forbid"} it.`,
      deciding: forbidding,
    };
  }
  const no = namesOf(permissive, () => true);
  return { because: `${list(no)} ${no.length === 1 ? "says" : "say"} no.`, deciding: no };
}

function nobody(because: string): Reason {
  return { because, deciding: [] };
}

function namesOf(votes: readonly PolicyVote[], wanted: (vote: PolicyVote) => boolean): string[] {
  return votes.filter(wanted).map(({ policy }) => policy);
}

function list(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  return quoted.length < 2 ? quoted.join("") : `${quoted.slice(0, -1).join(", ")} and ${quoted.at(-1)}`;
}
