import { readFileSync, rmSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { type Home, writeAtomically } from "./home.ts";

/**
 * `run.json`: what anyone outside may rely on (shared contract). It says how things stood when everything was ready and
 * is removed on stop; what comes later, such as a project made in the dashboard, is in the file of the next start.
 */
export interface RunFile {
  version: 1;
  productVersion: string;
  pid: number;
  webUrl: string;
  admin: { email: string; password: string };
  controlDatabaseUrl: string;
  nodes: { id: string; region: string; url: string; adminUrl: string; pid: number }[];
  projects: RunProject[];
}

export interface RunProject {
  ref: string;
  name: string;
  region: string;
  url: string;
  publishableKey: string;
  /** Null for a project made in the dashboard: its secret key was shown once and only its hash is kept. */
  secretKey: string | null;
  anonKey: string;
  serviceRoleKey: string;
  jwtSecret: string;
  databaseUrl: string;
}

export function writeRunFile(home: Home, run: RunFile): void {
  writeAtomically(path.join(home.dir, "run.json"), JSON.stringify(run, null, 2));
}

export function removeRunFile(home: Home): void {
  rmSync(path.join(home.dir, "run.json"), { force: true });
}

const Leftover = z.object({ pid: z.int(), nodes: z.array(z.object({ pid: z.int() })) });

/** The node processes of a run that was killed; a damaged file is reported and means none. */
export function readLeftoverNodes(home: Home, say: (line: string) => void): number[] {
  let text: string;
  try {
    text = readFileSync(path.join(home.dir, "run.json"), "utf8");
  } catch {
    return [];
  }
  try {
    return Leftover.parse(JSON.parse(text)).nodes.map((node) => node.pid);
  } catch {
    say("  run.json of an earlier run is damaged; it is written anew.");
    return [];
  }
}
