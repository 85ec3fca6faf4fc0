import type { ErrorCode } from "@tidewire/protocol/errors";
import type { Departure } from "../channel/ports.ts";

/** What is reported when a socket ended without a close frame (RFC 6455, 7.1.5). */
export const NO_CLOSE_FRAME = 1006;

interface SocketEnd {
  /** Why the server closed it; undefined when it was the client or the network. */
  closedBy: ErrorCode | undefined;
  closeCode: number;
  /** Since the last byte. */
  silentMs: number;
}

/** What the presence of a connection's members is said to have ended by. */
export function toDeparture({ closedBy, closeCode, silentMs }: SocketEnd): Departure {
  switch (closedBy) {
    case undefined:
      return { cause: closeCode === NO_CLOSE_FRAME ? "socket-error" : "closed-by-client" };
    case "SilentClient":
      return { cause: "silent", silentMs };
    case "NodeDraining":
    case "SettingsChanged":
      return { cause: "drain" };
    // The client is well but has no use for the socket any more.
    case "IdleClient":
    case "NoChannels":
      return { cause: "closed-by-client" };
    case "ConnectionKicked":
      return { cause: "kicked" };
    default:
      return { cause: "socket-error" };
  }
}
