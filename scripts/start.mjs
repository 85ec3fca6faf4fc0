// `npm start`: needs nothing but Node. Installs what is missing, builds once, then brings the whole system up.
import { installDependencies } from "./prepare/install.mjs";
import { assertNodeVersion } from "./prepare/node-version.mjs";
import { parseOptions, USAGE } from "./prepare/options.mjs";
import { say } from "./prepare/progress.mjs";
import { runStep } from "./prepare/run-step.mjs";

try {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
  } else {
    assertNodeVersion();
    await installDependencies();
    await runStep("Generating the database client", "npx", ["--no-install", "turbo", "run", "generate"]);
    if (!options.dev) await runStep("Building", "npx", ["--no-install", "turbo", "run", "build"]);
    const { register } = await import("tsx/esm/api");
    register();
    const { runStack } = await import("./stack/main.ts");
    await runStack(options);
  }
} catch (error) {
  say(`Tidewire cannot start: ${error.message}`);
  process.exitCode = 1;
}
