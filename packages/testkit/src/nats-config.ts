/** Another region, as this one reaches it. */
export interface GatewayTo {
  region: string;
  port: number;
}

export interface NatsConfig {
  clientPort: number;
  monitorPort: number;
  /** Absent for a server that stands alone. */
  gateway?: {
    region: string;
    port: number;
    /** Where others find it. Servers tell each other, and use what they hear beside what they were told. */
    advertisedPort: number;
    others: readonly GatewayTo[];
  };
  /** Lines of nats-server's own configuration, put in as they are. */
  settings?: readonly string[];
}

/** One region is one cluster; gateways join regions (and nothing else does). */
export function toNatsConfig({ clientPort, monitorPort, gateway, settings = [] }: NatsConfig): string {
  return [
    `listen: "127.0.0.1:${clientPort}"`,
    `http: "127.0.0.1:${monitorPort}"`,
    ...settings,
    ...(gateway === undefined ? [] : gatewayLines(gateway)),
    "",
  ].join("\n");
}

function gatewayLines({
  region,
  port,
  advertisedPort,
  others,
}: NonNullable<NatsConfig["gateway"]>): string[] {
  const remotes = others.map(
    (other) => `    { name: "${other.region}", urls: ["nats://127.0.0.1:${other.port}"] }`,
  );
  return [
    `server_name: "${region}-1"`,
    `cluster { name: "${region}", listen: "127.0.0.1:-1" }`,
    "gateway {",
    `  name: "${region}"`,
    `  listen: "127.0.0.1:${port}"`,
    `  advertise: "127.0.0.1:${advertisedPort}"`,
    "  gateways: [",
    ...remotes,
    "  ]",
    "}",
  ];
}
