import type { Misroute, RouteView } from "@tidewire/protocol/cluster/inspect";
import { ClientRoutes } from "./client-routes.ts";
import { NodeProbes, type PeerRoute } from "./node-probes.ts";
import { ProjectRoutes } from "./project-routes.ts";

type Options = ConstructorParameters<typeof NodeProbes>[0] &
  Omit<ConstructorParameters<typeof ProjectRoutes>[0], "onMisroute"> & {
    onMisroute(misroute: Misroute, change: "began" | "ended"): void;
  };

/** Where a client might be better off: the nearest node of another region. */
export interface Alternative {
  region: string;
  node: string;
  url: string;
  /** Between this node and that one. */
  rttMs: number;
}

/** How far everything is from here (promise P5): other nodes, databases, and what clients say. The owner closes it. */
export class Routes {
  readonly projects: ProjectRoutes;
  readonly clients: ClientRoutes;
  readonly #nodes: NodeProbes;
  readonly #region: string;

  constructor(options: Options) {
    this.#region = options.identity.region;
    this.#nodes = new NodeProbes(options);
    this.projects = new ProjectRoutes(options);
    this.clients = new ClientRoutes(options);
  }

  view(): RouteView {
    return {
      peers: this.#nodes.routes().map(({ url: _, ...route }) => route),
      databases: this.projects.routes(),
      misroutes: [...this.projects.misroutes(), ...this.clients.misroutes()],
    };
  }

  /** One node of each other region, the nearest to this one; nearest regions first. */
  alternatives(): Alternative[] {
    const nearest = new Map<string, Alternative>();
    for (const { region, node, url, p50Ms } of this.#nodes.routes().sort(byRoundTrip)) {
      if (region === this.#region || url === undefined || nearest.has(region)) continue;
      nearest.set(region, { region, node, url, rttMs: p50Ms });
    }
    return [...nearest.values()];
  }

  close(): void {
    this.#nodes.close();
    this.projects.close();
    this.clients.close();
  }
}

function byRoundTrip(a: PeerRoute, b: PeerRoute): number {
  return a.p50Ms - b.p50Ms;
}
