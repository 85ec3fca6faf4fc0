import { defineConfig } from "vitest/config";

/** A loaded machine is slow, and a test that waits for what must happen says nothing about how soon. */
const PATIENCE = { poll: { timeout: 20_000 } };

// Unit tests sit beside the source and touch nothing outside the process; integration tests meet real servers.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["{apps,packages}/*/src/**/*.test.{ts,tsx}", "scripts/**/*.test.ts"],
          exclude: ["**/*.integration.test.ts"],
          environment: "node",
          setupFiles: ["scripts/test/fix-seed.ts"],
          testTimeout: 30_000,
          expect: PATIENCE,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["{apps,packages}/*/test/**/*.integration.test.ts", "scripts/test/*.integration.test.ts"],
          environment: "node",
          setupFiles: ["scripts/test/fix-seed.ts"],
          testTimeout: 120_000,
          hookTimeout: 90_000,
          expect: PATIENCE,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
