import type { IncomingMessage } from "node:http";

/** What the listener knows of a request beside the request. */
export interface Arrival {
  Bindings: {
    incoming: Pick<IncomingMessage, "method" | "url" | "headers"> & {
      socket: { remoteAddress?: string | undefined };
    };
    /** It came in on the admin port. */
    isPrivate?: boolean;
  };
}
