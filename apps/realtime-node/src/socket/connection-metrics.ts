import { Gauge, type Registry } from "prom-client";

interface Counts {
  /** WebSockets and sessions of long polls. */
  active(): number;
  /** TCP connections of the public port. */
  total(): Promise<number>;
}

/** Under the names of Supabase's listener (protocol 10). There is no `phoenix_connections_max`: a node has none. */
export function exposeConnectionCounts(registry: Registry, { active, total }: Counts): void {
  const registers = [registry];
  new Gauge({
    name: "phoenix_connections_active",
    help: "Open connections: WebSockets and sessions of long polls",
    registers,
    collect() {
      this.set(active());
    },
  });
  new Gauge({
    name: "phoenix_connections_total",
    help: "Open TCP connections of the public port",
    registers,
    async collect() {
      this.set(await total());
    },
  });
}
