/** What the listener knows of a request beside the request. */
export interface Arrival {
  Bindings: {
    incoming?: { socket: { remoteAddress?: string | undefined } };
    /** It came in on the admin port. */
    isPrivate?: boolean;
  };
}
