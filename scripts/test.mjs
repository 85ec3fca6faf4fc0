// `npm test`: installs what is missing, runs every check and every test, and ends with one line of counts.
import { mkdirSync, rmSync } from "node:fs";
import path from "node:path";
import { installDependencies } from "./prepare/install.mjs";
import { assertNodeVersion } from "./prepare/node-version.mjs";
import { say } from "./prepare/progress.mjs";
import { ROOT, runStep } from "./prepare/run-step.mjs";
import { installSystemPackages } from "./prepare/system-packages.mjs";
import { countPlaywright, countVitest } from "./test/count-results.mjs";

const RESULTS = path.join(ROOT, "test-results");
const VITEST = path.join(RESULTS, "vitest.json");
const PLAYWRIGHT = path.join(RESULTS, "playwright.json");

const npm = (script) => ["npm", ["run", "--silent", script]];
const none = () => ({ passed: 1, failed: 0 });

/** Order: what fails fastest first; the build comes before the tests that run the built programs. */
const STEPS = [
  { label: "Lock file", command: ["node", ["scripts/test/check-lock.mjs"]], count: none },
  { label: "Database client", command: ["npx", ["--no-install", "turbo", "run", "generate"]], count: none },
  { label: "Lint and format", command: npm("lint"), count: none },
  { label: "Types", command: npm("types"), count: none },
  { label: "Who may know whom", command: npm("boundaries"), count: none },
  { label: "Dead code", command: npm("dead-code"), count: none },
  { label: "Generated docs", command: npm("docs:check"), count: none },
  { label: "Build", command: npm("build"), count: none },
  {
    label: "Unit and integration tests",
    command: [
      "npx",
      [
        "--no-install",
        "vitest",
        "run",
        "--reporter=default",
        "--reporter=json",
        `--outputFile.json=${VITEST}`,
      ],
    ],
    count: () => countVitest(VITEST),
  },
  { label: "Browser tests", command: npm("test:e2e"), count: () => countPlaywright(PLAYWRIGHT) },
];

try {
  assertNodeVersion();
  await installDependencies();
  await installSystemPackages();
  rmSync(RESULTS, { recursive: true, force: true });
  mkdirSync(RESULTS, { recursive: true });
  process.env.TIDEWIRE_PLAYWRIGHT_RESULTS = PLAYWRIGHT;

  const total = { passed: 0, failed: 0 };
  for (const { label, command, count } of STEPS) {
    const failure = await runStep(label, ...command).then(
      () => undefined,
      (error) => error,
    );
    const counted = count();
    if (failure) say(failure.message);
    total.passed += failure && count === none ? 0 : counted.passed;
    // A step that failed without naming a failed test (a crash, say) is a failure of its own.
    total.failed += failure ? Math.max(1, counted.failed) : counted.failed;
  }
  say(`${total.passed} passed, ${total.failed} failed`);
  process.exitCode = total.failed === 0 ? 0 : 1;
} catch (error) {
  say(`The tests cannot run: ${error.message}`);
  say("0 passed, 1 failed");
  process.exitCode = 1;
}
