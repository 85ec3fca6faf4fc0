import type { Db } from "./client.ts";
import type { SecretsKey } from "./secrets.ts";

/** What the functions need that read or write secrets. */
export interface ControlPlane {
  db: Db;
  secretsKey: SecretsKey;
}
