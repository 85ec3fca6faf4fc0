import { ControlDatabaseUnavailable, type ProjectRecord } from "@tidewire/db/node-store";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { expect, test } from "vitest";
import type { Clock } from "../clock.ts";
import { createLog } from "../log.ts";
import { mustReconnect } from "./limits.ts";
import { ProjectRegistry } from "./registry.ts";

const DEMO = "demo0000000000000000";

const record = (over: Partial<ProjectRecord> = {}): ProjectRecord => ({
  ref: DEMO,
  name: "Demo",
  region: "local-1",
  databaseUrl: "postgresql://x",
  jwtSecret: "secret",
  jwks: null,
  limits: ProjectLimits.parse({}),
  settings: ProjectSettings.parse({}),
  keys: [],
  version: 1,
  ...over,
});

/** A control database of three verbs that the test opens, changes and takes away. */
function createBench(saved: ProjectRecord[] | null = null) {
  const rows = new Map<string, ProjectRecord>();
  const timers: (() => void)[] = [];
  const bench = {
    rows,
    queries: 0,
    away: false,
    gate: Promise.resolve(),
    notify: (_ref: string): void => undefined,
    saved,
    runTimers: () => {
      for (const run of timers.splice(0)) run();
    },
  };
  const clock: Clock = {
    nowMs: () => 0,
    monotonicMs: () => 0,
    after: (_delayMs, run) => {
      timers.push(run);
      return { stop: () => void timers.splice(timers.indexOf(run) >>> 0, 1) };
    },
    every: () => ({ stop: () => undefined }),
  };
  const registry = new ProjectRegistry({
    store: {
      async project(ref) {
        bench.queries++;
        const row = rows.get(ref);
        await bench.gate;
        if (bench.away) throw new ControlDatabaseUnavailable("away");
        return row;
      },
      listen: (onChanged) => {
        bench.notify = onChanged;
        if (!bench.away) queueMicrotask(() => onChanged("*"));
      },
    },
    lastKnownGood: {
      read: async () => bench.saved,
      save: (records) => {
        bench.saved = [...records()];
      },
      flush: async () => undefined,
    },
    clock,
    log: createLog({ level: "silent", fields: {} }),
  });
  return { bench, registry };
}

const start = ({ registry }: ReturnType<typeof createBench>) => registry.start({ patienceMs: 1_000 });

test("many questions for one project are one query, and then none", async () => {
  const { bench, registry } = createBench();
  bench.rows.set(DEMO, record());
  const found = await Promise.all(Array.from({ length: 50 }, () => registry.find(DEMO)));
  expect(new Set(found).size).toBe(1);
  await registry.find(DEMO);
  expect(bench.queries).toBe(1);
});

test("a project that does not exist yet is asked for again", async () => {
  const { bench, registry } = createBench();
  expect(await registry.find(DEMO)).toBeUndefined();
  bench.rows.set(DEMO, record());
  expect((await registry.find(DEMO))?.ref).toBe(DEMO);
});

test("a change reaches the holders of the project, and listeners are told what was before", async () => {
  const made = createBench();
  const { bench, registry } = made;
  bench.rows.set(DEMO, record());
  await start(made);
  const project = await registry.find(DEMO);
  const changes: unknown[] = [];
  registry.onChanged((changed, previous) => changes.push([changed.record.version, previous?.version]));

  bench.rows.set(DEMO, record({ version: 2, limits: ProjectLimits.parse({ maxJoinsPerSecond: 7 }) }));
  bench.notify(DEMO);

  await expect.poll(() => changes).toEqual([[2, 1]]);
  expect(project?.record.limits.maxJoinsPerSecond).toBe(7);
});

test("a change that comes while the project is being read is not lost", async () => {
  const made = createBench();
  const { bench, registry } = made;
  await start(made);
  bench.rows.set(DEMO, record());
  let open: () => void = () => undefined;
  bench.gate = new Promise((resolve) => {
    open = resolve;
  });
  const finding = registry.find(DEMO);
  bench.rows.set(DEMO, record({ version: 2 }));
  bench.notify(DEMO);
  open();
  expect((await finding)?.record.version).toBe(2);
});

test("a removed project is not known any more", async () => {
  const made = createBench();
  const { bench, registry } = made;
  bench.rows.set(DEMO, record());
  await start(made);
  await registry.find(DEMO);
  const removed: string[] = [];
  registry.onRemoved((project) => removed.push(project.ref));
  bench.rows.delete(DEMO);
  bench.notify(DEMO);
  await expect.poll(() => removed).toEqual([DEMO]);
  expect(registry.peek(DEMO)).toBeUndefined();
  expect(bench.saved).toEqual([]);
});

test("[P9] with the control database away, known projects are served and a change counts when it is back", async () => {
  const made = createBench();
  const { bench, registry } = made;
  bench.rows.set(DEMO, record());
  await start(made);
  await registry.find(DEMO);

  bench.away = true;
  bench.rows.set(DEMO, record({ version: 2 }));
  bench.notify("*");
  await expect.poll(() => bench.queries).toBe(2);
  expect((await registry.find(DEMO))?.record.version).toBe(1);

  bench.away = false;
  await expect
    .poll(() => {
      bench.runTimers();
      return registry.peek(DEMO)?.record.version;
    })
    .toBe(2);
});

test("[P9] a node that starts without the control database serves what its last run knew", async () => {
  const { bench, registry } = createBench([record({ version: 3 })]);
  bench.away = true;
  const started = registry.start({ patienceMs: 1_000 });
  await expect.poll(() => registry.peek(DEMO)?.record.version).toBe(3);
  bench.runTimers();
  await started;
  expect(registry.ready).toBe(true);
  await expect(registry.find("other")).rejects.toThrow(ControlDatabaseUnavailable);
});

test("a project deleted while the node was off is gone when the start is over", async () => {
  const made = createBench([record()]);
  await start(made);
  expect(made.registry.peek(DEMO)).toBeUndefined();
});

test("without a file and without an answer there is nothing to serve", async () => {
  const { bench, registry } = createBench();
  bench.away = true;
  let over = false;
  const started = registry.start({ patienceMs: 1_000 }).then(() => {
    over = true;
  });
  await expect
    .poll(() => {
      bench.runTimers();
      return over;
    })
    .toBe(true);
  await started;
  expect(registry.ready).toBe(false);
});

test.each([
  [{ jwtSecret: "other" }, true],
  [{ jwks: { keys: [{}] } }, true],
  [{ settings: ProjectSettings.parse({ privateOnly: true }) }, true],
  [{ settings: ProjectSettings.parse({ suspended: true }) }, true],
  [{ settings: ProjectSettings.parse({ presenceEnabled: true }) }, false],
  [{ limits: ProjectLimits.parse({ maxEventsPerSecond: 1 }) }, false],
  [{ keys: [{ kind: "secret" as const, hash: "x" }] }, false],
])("[1.6] sockets are closed when the rules that let them in changed: %o -> %s", (change, closed) => {
  expect(mustReconnect(record(), record(change))).toBe(closed);
});
