export type Claims = Record<string, unknown>;

export type ParsedClaims = { ok: true; claims: Claims; note: string | null } | { ok: false; error: string };

/**
 * Claims as JSON, or the JWT that carries them. The token is taken apart here in the browser: only its claims go on,
 * neither signature nor secret, and nobody checks either.
 */
export function parseClaims(text: string, nowMs: number): ParsedClaims {
  const trimmed = text.trim().replace(/^Bearer\s+/i, "");
  const isToken = /^[\w-]+\.[\w-]+\.[\w-]*$/.test(trimmed);
  const claims = toObject(isToken ? decodePart(trimmed.split(".")[1] ?? "") : trimmed);
  if (claims === undefined) {
    return { ok: false, error: isToken ? "the token's claims cannot be read" : "a JSON object, or a JWT" };
  }
  if (typeof claims.role !== "string" || claims.role === "")
    return { ok: false, error: "claims need a role: a node refuses them without one" };
  return { ok: true, claims, note: noteOn(claims, isToken, nowMs) };
}

/** A node would have more to say about a token than policies have. */
function noteOn({ exp }: Claims, isToken: boolean, nowMs: number): string | null {
  if (typeof exp === "number" && exp * 1_000 <= nowMs)
    return "This token has expired: a node would refuse it before any policy is asked.";
  return isToken ? "Read in this browser; the signature is not checked." : null;
}

function toObject(text: string | undefined): Claims | undefined {
  if (text === undefined) return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Claims)
      : undefined;
  } catch {
    return undefined;
  }
}

function decodePart(part: string): string | undefined {
  try {
    const bytes = Uint8Array.from(atob(part.replaceAll("-", "+").replaceAll("_", "/")), (character) =>
      character.charCodeAt(0),
    );
    return new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}
