import { join } from "node:path";
import type { NextConfig } from "next";

const repositoryRoot = join(import.meta.dirname, "../..");

const config: NextConfig = {
  output: "standalone",
  outputFileTracingRoot: repositoryRoot,
  turbopack: { root: repositoryRoot },
  transpilePackages: ["@tidewire/db", "@tidewire/protocol"],
  serverExternalPackages: ["pg", "pino"],
  poweredByHeader: false,
  // Biome and `npm run types` judge the whole repository; the build would only repeat a part of it.
  typescript: { ignoreBuildErrors: true },
};

export default config;
