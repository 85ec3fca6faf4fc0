/** Where WebSockets are accepted, alone or below `/p/<ref>` (protocol 1.1). */
const SOCKET_PATH = /^(?:\/p\/(?<ref>[^/]+))?(?:\/socket\/websocket|\/realtime\/v1\/websocket)$/;

/**
 * Null when the path is none of the sockets'. `ref` is whatever stands behind `/p/`.
 * An ordinary request (no upgrade) on such a path is answered with 400 and no body.
 */
export function matchSocketPath(pathname: string): { ref: string | undefined } | null {
  const match = SOCKET_PATH.exec(pathname);
  return match === null ? null : { ref: match.groups?.ref };
}
