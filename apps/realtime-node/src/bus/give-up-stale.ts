import { type NatsConnection, NatsConnectionImpl } from "@nats-io/transport-node";

/**
 * Ends a connection that the library has found stale. By itself it waits until everything written has left, which behind a
 * pulled cable is when TCP gives up: after a quarter of an hour, in which the node would not try another server.
 */
export function giveUpStale(connection: NatsConnection): void {
  if (connection instanceof NatsConnectionImpl) connection.protocol.transport.discard();
}
