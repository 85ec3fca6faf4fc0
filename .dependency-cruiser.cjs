/** Who may know whom: docs/architecture.md, "Arrows". Each rule names the reason a reader would ask for. */
const node = "^apps/realtime-node/src";
const only = (name, comment, from, to) => ({ name, comment, severity: "error", from, to });

module.exports = {
  forbidden: [
    only(
      "no-circular",
      "A cycle means two files are one, or the seam is in the wrong place.",
      {},
      { circular: true },
    ),
    only(
      "protocol-knows-nobody",
      "Words on the wire: zod only, no Node built-in; browsers load it.",
      { path: "^packages/protocol/src", pathNot: "\\.test\\.ts$" },
      { pathNot: "^(packages/protocol/src|node_modules/zod)" },
    ),
    only(
      "client-runs-in-browsers",
      "A layer over realtime-js for applications: no Node, nothing of ours but types of the protocol.",
      { path: "^packages/client/src", pathNot: "\\.test\\.ts$" },
      { pathNot: "^(packages/client/src|packages/protocol/src|node_modules/@supabase/)" },
    ),
    only(
      "db-knows-protocol-only",
      "The control database serves apps; it never calls them.",
      { path: "^packages/db" },
      { path: "^(apps|packages/testkit|bench)" },
    ),
    only(
      "testkit-knows-no-app",
      "Real servers for tests, whatever is tested.",
      { path: "^packages/testkit" },
      { path: "^apps" },
    ),
    only(
      "prisma-stays-in-db",
      "One package speaks to the control database.",
      { pathNot: "^packages/db" },
      { path: "node_modules/(@prisma|prisma)" },
    ),
    only(
      "node-has-no-prisma",
      "Nodes read the control database with pg: start-up time and memory.",
      { path: node },
      { path: "^packages/db/src/(generated|client)" },
    ),
    only(
      "nothing-ships-tests",
      "Test code is no part of the product.",
      { path: "^(apps|packages)/[^/]+/src", pathNot: "\\.(test|contract)\\.tsx?$" },
      { path: "^packages/testkit", pathNot: "^packages/testkit" },
    ),
    only(
      "web-knows-one-type-of-the-node",
      "The dashboard speaks to nodes through the type of inspect/router.",
      { path: "^apps/web" },
      { path: node, pathNot: `${node}/inspect/router` },
    ),
    only(
      "browser-has-no-server",
      "Code of the browser reaches the server through tRPC only.",
      { path: "^apps/web/src/(ui|features)" },
      { path: "^(apps/web/src/server|packages/db)", dependencyTypesNot: ["type-only"] },
    ),
    only(
      "socket-knows-bytes",
      "Bytes do not know rows, rooms of the bus, or the home.",
      { path: `${node}/socket`, pathNot: "\\.test\\.ts$" },
      { path: `${node}/(home|wal|changes|bus|presence|hub)` },
    ),
    only(
      "wal-knows-no-channel",
      "A row change does not know who listens.",
      { path: `${node}/wal` },
      { path: `${node}/(socket|channel|hub|presence|http|inspect)` },
    ),
    only(
      "hub-knows-no-channel",
      "Fan-out serves subscribers, not channels.",
      { path: `${node}/hub` },
      { path: `${node}/(channel|home|wal|changes|http)` },
    ),
    only(
      "presence-state-is-pure",
      "The CRDT is algebra: no clock, no bus, no I/O.",
      { path: `${node}/presence/(state|deltas|diff)\\.ts$` },
      { path: `${node}/(bus|hub|socket|clock)` },
    ),
    only(
      "bus-is-a-leaf",
      "The bus carries bytes for anybody and knows nobody but time and the log.",
      { path: `${node}/bus` },
      { path: `${node}/(?!bus/|(log|clock|deadline|deferred)\\.ts)` },
    ),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    exclude: { path: "(\\.next|/dist/|/generated/|\\.test\\.tsx?$|/test/|/e2e/)" },
    parser: "tsc",
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.base.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "types", "node", "default"],
      extensions: [".ts", ".tsx", ".mjs", ".js", ".json"],
    },
  },
};
