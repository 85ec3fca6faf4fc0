import { expect, test } from "vitest";
import type { Provisioning, ProvisioningStep } from "#server/views/project.ts";
import { describeSetup } from "./describe-setup.ts";

const provisioning = (state: Provisioning["state"], ...steps: ProvisioningStep["state"][]) => ({
  state,
  steps: steps.map((step) => ({ state: step }) as ProvisioningStep),
});

test.each([
  ["nothing is known yet", null, "Setting up Shop", false],
  ["steps are running", provisioning("provisioning", "done", "running"), "Setting up Shop", false],
  ["a step failed", provisioning("failed", "failed", "waiting"), "Setting up Shop failed", false],
  ["it works, the proof is running", provisioning("ready", "done", "running"), "Setting up Shop", false],
  [
    "it works, the proof failed",
    provisioning("ready", "done", "failed"),
    "Shop is made, but it has not been proven to work",
    true,
  ],
  ["all is done", provisioning("ready", "done", "done"), "Shop is ready", true],
])("%s", (_case, state, title, usable) => expect(describeSetup("Shop", state)).toEqual({ title, usable }));
