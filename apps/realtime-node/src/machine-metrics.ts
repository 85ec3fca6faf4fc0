import { cpus, freemem, loadavg, totalmem } from "node:os";
import { Gauge, type Registry } from "prom-client";

/** The machine under Erlang's `os_mon` names, so that boards made for Supabase show it (protocol 10). */
export function exposeMachine(registry: Registry): void {
  const gauge = (name: string, help: string, read: () => number) =>
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  gauge("osmon_ram_usage", "Percent of memory in use", () => 100 - (freemem() / totalmem()) * 100);
  let last = cpuTimes();
  gauge("osmon_cpu_util", "Percent of all processors' time since the last scrape", () => {
    const now = cpuTimes();
    const totalMs = now.totalMs - last.totalMs;
    const busyMs = now.busyMs - last.busyMs;
    last = now;
    return totalMs <= 0 ? 0 : (busyMs / totalMs) * 100;
  });
  for (const [index, minutes] of [1, 5, 15].entries()) {
    gauge(`osmon_cpu_avg${minutes}`, `Load average of ${minutes} min`, () => loadavg()[index] ?? 0);
  }
}

function cpuTimes(): { totalMs: number; busyMs: number } {
  let totalMs = 0;
  let idleMs = 0;
  for (const { times } of cpus()) {
    totalMs += times.user + times.nice + times.sys + times.irq + times.idle;
    idleMs += times.idle;
  }
  return { totalMs, busyMs: totalMs - idleMs };
}
