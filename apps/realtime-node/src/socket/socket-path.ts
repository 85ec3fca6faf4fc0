import { pathWithinProject } from "../http/project-address.ts";

/** Where WebSockets are accepted, alone or below `/p/<ref>` (protocol 1.1). */
export const SOCKET_PATHS = ["/socket/websocket", "/realtime/v1/websocket"] as const;

export function isSocketPath(pathname: string): boolean {
  const path = pathWithinProject(pathname);
  return SOCKET_PATHS.some((known) => known === path);
}
