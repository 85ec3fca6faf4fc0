import { formatDuration } from "#lib/format.ts";
import type { KeyView } from "#server/views/key.ts";
import type { Status } from "#ui/status-mark.tsx";

interface KeyState {
  status: Status;
  words: string;
  usable: boolean;
}

/** Whether a key still opens anything; a rotated one counts down. */
export function keyState(
  { revokedAtMs, expiresAtMs }: Pick<KeyView, "revokedAtMs" | "expiresAtMs">,
  nowMs: number,
): KeyState {
  if (revokedAtMs !== null) return { status: "idle", words: "revoked", usable: false };
  if (expiresAtMs === null) return { status: "ok", words: "active", usable: true };
  if (expiresAtMs <= nowMs) return { status: "idle", words: "expired", usable: false };
  return {
    status: "warn",
    words: `rotated, works for another ${formatDuration(expiresAtMs - nowMs)}`,
    usable: true,
  };
}
