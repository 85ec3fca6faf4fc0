import { readFileSync } from "node:fs";
import path from "node:path";
import type { RunFile, RunProject } from "../../../scripts/stack/run-file.ts";

/** What `npm start` told the world about the stack under test. */
export function readRun(): RunFile {
  const home = process.env.TIDEWIRE_E2E_HOME;
  if (!home) throw new Error("global-setup has not run");
  return JSON.parse(readFileSync(path.join(home, "run.json"), "utf8"));
}

/** The project that every fresh home has. */
export function demoProject(): RunProject {
  const [project] = readRun().projects;
  if (!project) throw new Error("a fresh home has no project");
  return project;
}
