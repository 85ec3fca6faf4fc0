import { listApiKeys } from "@tidewire/db/api-keys";
import { readProjectSecrets } from "@tidewire/db/projects";
import type { ProjectScope } from "../../context.ts";
import type { ProjectDetail } from "../../views/project.ts";
import { findNodeUrl } from "./find-node-url.ts";
import { toProjectUrl, toWebSocketUrl } from "./project-url.ts";
import { toProjectState } from "./to-project-state.ts";

/** Everything about a project that may be shown to its members; passwords and secrets are not part of it. */
export async function toProjectDetail({
  resources,
  membership,
  project,
}: ProjectScope): Promise<ProjectDetail> {
  const { ref, name, regionId, status, createdAt, managed, limits, settings } = project;
  const [keys, secrets, nodeUrl] = await Promise.all([
    listApiKeys(resources, ref),
    readProjectSecrets(resources, ref),
    findNodeUrl(resources, regionId),
  ]);
  const nowMs = resources.nowMs();
  const usable = keys.filter(
    ({ revokedAt, expiresAt }) => revokedAt === null && (expiresAt?.getTime() ?? Infinity) > nowMs,
  );
  const findValue = (kind: string) => usable.find((key) => key.kind === kind)?.value ?? null;
  const url = toProjectUrl(nodeUrl, ref);
  return {
    ref,
    name,
    region: regionId,
    state: toProjectState(status),
    createdAtMs: createdAt.getTime(),
    role: membership.role,
    url,
    websocketUrl: toWebSocketUrl(url),
    publishableKey: findValue("publishable"),
    anonKey: findValue("anon"),
    database: { kind: managed ? "managed" : "own", ...toAddress(secrets.databaseUrl) },
    limits,
    settings,
  };
}

function toAddress(databaseUrl: string | null): { host: string; name: string } {
  if (databaseUrl === null || !URL.canParse(databaseUrl)) return { host: "", name: "" };
  const { host, pathname } = new URL(databaseUrl);
  return { host, name: decodeURIComponent(pathname.slice(1)) };
}
