import { pathWithinProject } from "../http/project-address.ts";

/** Where WebSockets are accepted, alone or below `/p/<ref>` (protocol 1.1). */
export const SOCKET_PATHS = ["/socket/websocket", "/realtime/v1/websocket"] as const;
/** Where the plain `phoenix` client polls when it cannot have a WebSocket. */
export const LONG_POLL_PATHS = ["/socket/longpoll", "/realtime/v1/longpoll"] as const;

/** Whether a WebSocket may be opened there. */
export function isSocketPath(pathname: string): boolean {
  const path = pathWithinProject(pathname);
  return SOCKET_PATHS.some((known) => known === path);
}
