import { defineConfig } from "vitest/config";

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
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: "integration",
          include: ["{apps,packages}/*/test/**/*.integration.test.ts", "scripts/test/*.integration.test.ts"],
          environment: "node",
          setupFiles: ["scripts/test/fix-seed.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
