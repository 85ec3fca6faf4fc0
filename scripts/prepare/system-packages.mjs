import { accessSync, constants } from "node:fs";
import path from "node:path";
import { runStep } from "./run-step.mjs";

const NEEDED = [
  { program: "chromium", package: "chromium", for: "the browser tests", override: "CHROMIUM" },
  { program: "nats-server", package: "nats-server", for: "the tests with several nodes" },
  // Who is not root may not make network namespaces; those tests then say that they are skipped.
  { program: "ip", package: "iproute2", for: "the tests with cut cables", wanted: isRootOnLinux },
];
const FOLDERS = [
  ...(process.env.PATH ?? "").split(path.delimiter),
  "/usr/sbin",
  "/usr/local/bin",
  "/opt/homebrew/bin",
];

/** Installs with apt what the tests need beyond npm; elsewhere says in one sentence what is missing. */
export async function installSystemPackages() {
  const missing = NEEDED.filter(
    ({ program, override, wanted = () => true }) =>
      wanted() && !(override && process.env[override]) && !isInstalled(program),
  );
  if (missing.length === 0) return;
  const names = missing.map((entry) => entry.package);
  if (process.getuid?.() !== 0 || !isInstalled("apt-get")) {
    const wants = missing.map((entry) => `${entry.program} (${entry.for})`).join(" and ");
    throw new Error(`install ${wants} first; on Debian: apt-get install ${names.join(" ")}.`);
  }
  await runStep("Reading the package lists", "apt-get", ["update"]);
  await runStep(`Installing ${names.join(", ")}`, "apt-get", [
    "install",
    "-y",
    "--no-install-recommends",
    ...names,
  ]);
}

function isRootOnLinux() {
  return process.platform === "linux" && process.getuid?.() === 0;
}

function isInstalled(program) {
  return FOLDERS.some((folder) => {
    try {
      accessSync(path.join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
