import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../src/eventually.ts";
import { startTestPostgres } from "../src/postgres.ts";
import { openClient } from "../src/project-database.ts";

test("a server keeps its port and data over a crash", async () => {
  await using server = await startTestPostgres();
  {
    await using client = await openClient(server.url());
    await client.query("create table kept as select 1 as n");
  }
  const before = server.pid;
  await server.stop("immediate");
  await expect(openClient(server.url())).rejects.toThrow();
  await server.start();
  expect(server.pid).not.toBe(before);
  await using client = await openClient(server.url());
  expect((await client.query("select n from kept")).rows).toEqual([{ n: 1 }]);
});

test.runIf(process.platform === "linux")(
  "a server whose test process was killed is stopped by the next one",
  async () => {
    const tsx = createRequire(import.meta.url).resolve("tsx/cli");
    const source = path.resolve(import.meta.dirname, "../src/postgres.ts");
    const script = `import(${JSON.stringify(source)}).then(({ startTestPostgres }) => startTestPostgres()).then((s) => console.log(s.pid))`;
    const owner = spawn(process.execPath, [tsx, "-e", script], { stdio: ["ignore", "pipe", "inherit"] });
    const [line] = await once(owner.stdout, "data");
    const pid = Number(String(line));
    const parent = parentOf(pid);
    expect(existsSync(`/proc/${pid}`)).toBe(true);

    process.kill(parent, "SIGKILL");
    owner.kill("SIGKILL");
    await eventually(() => !existsSync(`/proc/${parent}`));
    await using _next = await startTestPostgres();

    await eventually(
      () => !existsSync(`/proc/${pid}`) || readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z "),
    );
  },
);

/** tsx runs the script in a child of its own, which is the server's owner. */
function parentOf(pid: number): number {
  return Number(/^PPid:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]);
}
