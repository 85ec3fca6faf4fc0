import { SignJWT } from "jose";
import type { Sender } from "../../../lib/schemas/inspector.ts";

/** Enough for one request, useless to whoever finds it later. */
const LIFE_S = 60;

/** A token as the project's own sign-in would issue it for this sender. */
export function signSenderToken(sender: Sender, ref: string, jwtSecret: string): Promise<string> {
  const claims =
    sender.kind === "user"
      ? { role: "authenticated", ...sender.claims, sub: sender.sub }
      : { role: toRole(sender) };
  return new SignJWT({ ...claims, iss: "tidewire", ref })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .setIssuedAt()
    .setExpirationTime(`${LIFE_S}s`)
    .sign(new TextEncoder().encode(jwtSecret));
}

function toRole(sender: Exclude<Sender, { kind: "user" }>): string {
  return sender.kind === "service" ? "service_role" : "anon";
}
