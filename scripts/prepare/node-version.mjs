import { readFileSync } from "node:fs";

/** The floor is Prisma's and Vite's; older Nodes fail later with a worse message. */
export function assertNodeVersion(version = process.versions.node) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const supported = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major >= 24;
  if (supported) return;
  const { engines } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
  throw new Error(`it needs Node ${engines.node}, and this is ${version}.`);
}
