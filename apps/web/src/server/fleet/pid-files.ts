import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import type { DrivenNode } from "./driver.ts";

const SUFFIX = ".pid.json";

const Entry = z.object({
  id: z.string(),
  region: z.string(),
  slot: z.int().min(0),
  pid: z.int().positive(),
  port: z.int(),
  adminUrl: z.string(),
  startedAtMs: z.number(),
});

/** One small file per running node, so that the next life of the dashboard knows whom it left behind. */
export class PidFiles {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** A damaged file is a process nobody can name any more: it is skipped, and its port shows up as in use. */
  read(): DrivenNode[] {
    let names: string[];
    try {
      names = readdirSync(this.#dir);
    } catch {
      return [];
    }
    return names
      .filter((name) => name.endsWith(SUFFIX))
      .flatMap((name) => this.#parse(join(this.#dir, name)));
  }

  write(node: DrivenNode): void {
    mkdirSync(this.#dir, { recursive: true });
    const unfinished = join(this.#dir, `${node.id}.unfinished`);
    writeFileSync(unfinished, `${JSON.stringify(node)}\n`);
    renameSync(unfinished, this.#file(node.id));
  }

  remove(id: string): void {
    rmSync(this.#file(id), { force: true });
  }

  #file(id: string): string {
    return join(this.#dir, id + SUFFIX);
  }

  #parse(file: string): DrivenNode[] {
    try {
      return [Entry.parse(JSON.parse(readFileSync(file, "utf8")))];
    } catch {
      return [];
    }
  }
}
