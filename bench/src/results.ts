import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { fileURLToPath } from "node:url";

export interface Report {
  /** File name in `results/`, without ending. */
  name: string;
  title: string;
  /** The command that repeats it. */
  command: string;
  /** What was measured and how, in a paragraph. */
  method: string;
  columns: readonly string[];
  rows: readonly (readonly (string | number)[])[];
  /** What the figures say. */
  reading: string;
}

/** Writes `results/<name>.md`, dated with machine and commit, and shows it. */
export function writeReport({ name, title, command, method, columns, rows, reading }: Report): void {
  const commit = execFileSync("git", ["rev-parse", "--short", "HEAD"], { encoding: "utf8" }).trim();
  const machine = `${cpus().length} x ${cpus()[0]?.model.trim() ?? "unknown CPU"}, Node ${process.versions.node}`;
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(" | ")} |`;
  const text = [
    `# ${title}`,
    "",
    `${new Date().toISOString().slice(0, 10)}, commit ${commit}, ${machine}. Repeat with \`${command}\`.`,
    "",
    method,
    "",
    line(columns),
    line(columns.map((_, index) => (index === 0 ? "---" : "---:"))),
    ...rows.map(line),
    "",
    reading,
    "",
  ].join("\n");
  writeFileSync(fileURLToPath(new URL(`../results/${name}.md`, import.meta.url)), text);
  process.stdout.write(`${text}\n`);
}
