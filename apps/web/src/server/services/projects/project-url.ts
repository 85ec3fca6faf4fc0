/** What `createClient` takes, e.g. `http://localhost:4000/p/<ref>`. */
export function toProjectUrl(nodeUrl: string, ref: string): string {
  return `${nodeUrl.replace(/\/$/, "")}/p/${ref}`;
}

export function toWebSocketUrl(projectUrl: string): string {
  return `${projectUrl.replace(/^http/, "ws")}/realtime/v1/websocket`;
}
