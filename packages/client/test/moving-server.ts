import { startTcpRelay, type TcpRelay } from "@tidewire/testkit/tcp-relay";

/** One address in front of several nodes, as a load balancer would be: new connections go where it points. */
export interface MovingServer extends AsyncDisposable {
  readonly relay: TcpRelay;
  readonly url: string;
  /** From now on new connections go to this node; open ones stay. */
  pointTo(nodeUrl: string): void;
  /** Resets every connection; the next ones are taken. */
  breakConnections(): void;
}

export async function startMovingServer(projectUrl: string): Promise<MovingServer> {
  const target = toTarget(projectUrl);
  const relay = await startTcpRelay(target);
  return {
    relay,
    url: relay.via(projectUrl),
    pointTo(nodeUrl) {
      Object.assign(target, toTarget(nodeUrl));
    },
    breakConnections() {
      relay.cut();
      relay.mend();
    },
    [Symbol.asyncDispose]: () => relay.close(),
  };
}

function toTarget(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port) };
}
