import type { Provisioning } from "#server/views/project.ts";

interface Setup {
  title: string;
  /** Its pages can be opened. */
  usable: boolean;
}

/** How far the setup of a project is. A project may be usable although its last step, the proof, has failed. */
export function describeSetup(
  name: string,
  provisioning: Pick<Provisioning, "state" | "steps"> | null,
): Setup {
  if (!provisioning) return { title: `Setting up ${name}`, usable: false };
  const { state, steps } = provisioning;
  const failed = steps.some((step) => step.state === "failed");
  const usable = state === "ready";
  if (usable && failed) return { title: `${name} is made, but it has not been proven to work`, usable };
  if (failed) return { title: `Setting up ${name} failed`, usable };
  const done = usable && steps.every((step) => step.state === "done");
  return { title: done ? `${name} is ready` : `Setting up ${name}`, usable: done };
}
