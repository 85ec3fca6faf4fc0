import type { Codec } from "./codec.ts";
import { jsonV1 } from "./json-v1.ts";
import { jsonV2 } from "./json-v2.ts";

/** The versions that `~> 1.0.0` and `~> 2.0.0` accept: a pre-release of x.0.0 itself is older than x.0.0. */
const VERSION =
  /^([12])\.0\.(?:0|[1-9]\d*(?:-[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?)(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?$/;

/**
 * The serializer for a `vsn` query parameter; absent means 1.0.0 (protocol 1.2). Undefined when there is none: the
 * handshake then answers 403 without a body.
 */
export function codecFor(vsn: string | null): Codec | undefined {
  if (vsn === null) return jsonV1;
  const major = VERSION.exec(vsn)?.[1];
  if (major === undefined) return undefined;
  return major === "1" ? jsonV1 : jsonV2;
}
