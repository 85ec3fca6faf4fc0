export const USAGE = `Usage: npm start -- [options]

  --nodes N   run N realtime nodes in N regions over a local nats-server (default 1)
  --dev       reload on change: next dev, and nodes rebuilt and replaced when their source changes
  --help      this text

Environment: TIDEWIRE_HOME, TIDEWIRE_WEB_PORT, TIDEWIRE_NODE_PORT, TIDEWIRE_POSTGRES_PORT, DATABASE_URL, NATS_URL,
TIDEWIRE_ADMIN_EMAIL, TIDEWIRE_ADMIN_PASSWORD, TIDEWIRE_SEED; see .env.example.
`;

const NODES_MAX = 16;

/**
 * @param {readonly string[]} args
 * @returns {{ help: boolean, dev: boolean, nodes: number }}
 */
export function parseOptions(args) {
  const options = { help: false, dev: false, nodes: 1 };
  for (let i = 0; i < args.length; i++) {
    const [name, inline] = (args[i] ?? "").split("=", 2);
    if (name === "--help" || name === "-h") options.help = true;
    else if (name === "--dev") options.dev = true;
    else if (name === "--nodes") options.nodes = parseNodes(inline ?? args[++i]);
    else throw new Error(`unknown option ${args[i]}; npm start -- --help lists the options.`);
  }
  return options;
}

/** @param {string | undefined} text */
function parseNodes(text) {
  const nodes = Number(text);
  if (Number.isInteger(nodes) && nodes >= 1 && nodes <= NODES_MAX) return nodes;
  throw new Error(`--nodes takes a whole number from 1 to ${NODES_MAX}, not ${text}.`);
}
