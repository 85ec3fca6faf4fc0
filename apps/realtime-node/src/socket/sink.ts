/** Where whole frames go: a socket, as far as an outbox knows it. */
export interface Sink {
  /** The bytes may be shared with other sockets. They stay as they are until `bufferedBytes` is zero again. */
  write(bytes: Uint8Array): void;
  /** Bytes written that the kernel has not taken yet. */
  readonly bufferedBytes: number;
}
