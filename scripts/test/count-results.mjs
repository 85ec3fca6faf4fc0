import { readFileSync } from "node:fs";

/** @typedef {{ passed: number, failed: number }} Count */

/** @param {string} file vitest's JSON report @returns {Count} */
export function countVitest(file) {
  const report = readReport(file);
  return { passed: report?.numPassedTests ?? 0, failed: report?.numFailedTests ?? 0 };
}

/** @param {string} file Playwright's JSON report @returns {Count} */
export function countPlaywright(file) {
  const stats = readReport(file)?.stats;
  return { passed: (stats?.expected ?? 0) + (stats?.flaky ?? 0), failed: stats?.unexpected ?? 0 };
}

function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}
