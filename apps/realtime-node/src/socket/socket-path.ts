import { pathWithinProject } from "../http/project-address.ts";

const SOCKET_PATHS: ReadonlySet<string> = new Set(["/socket/websocket", "/realtime/v1/websocket"]);

/**
 * Whether WebSockets are accepted on a path, alone or below `/p/<ref>` (protocol 1.1). An ordinary request there is
 * answered with 400 and no body.
 */
export function isSocketPath(pathname: string): boolean {
  return SOCKET_PATHS.has(pathWithinProject(pathname));
}
