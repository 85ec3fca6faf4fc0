import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";

/** Linux counts processor time in ticks of 10 ms. */
const TICK_MS = 10;
const LOOK_MS = 20;

export interface Reading {
  rowsPerSecond: number;
  /** Of the receiving process. */
  rowsPerCpuSecond: number;
}

/**
 * `pg_recvlogical` reads a slot with pgoutput and writes what it gets to a pipe, whose other end is here and only looks
 * at the clock. Measured from the first byte to the last. Undefined where Debian's client tools are not installed.
 */
export async function readWithPostgresTool(
  databaseUrl: string,
  { slot, endLsn, rows }: { slot: string; endLsn: string; rows: number },
): Promise<Reading | undefined> {
  const child = spawn(
    "pg_recvlogical",
    [
      ...["--dbname", databaseUrl, "--slot", slot, "--start", "--file", "-", "--endpos", endLsn, "--no-loop"],
      ...["-o", "proto_version=1", "-o", "publication_names=supabase_realtime"],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let firstMs = 0;
  let lastMs = 0;
  let cpuMs = 0;
  child.stdout.on("data", () => {
    lastMs = performance.now();
    firstMs ||= lastMs;
  });
  const look = setInterval(() => {
    cpuMs = cpuMsOf(child.pid) ?? cpuMs;
  }, LOOK_MS);
  const ended = await once(child, "close").catch(() => undefined);
  clearInterval(look);
  if (ended?.[0] !== 0) return undefined;
  return {
    rowsPerSecond: rows / ((lastMs - firstMs) / 1_000),
    rowsPerCpuSecond: rows / (Math.max(cpuMs, TICK_MS) / 1_000),
  };
}

function cpuMsOf(pid: number | undefined): number | undefined {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return undefined;
  }
}
