import { TAP_KINDS, type TapKind } from "@tidewire/protocol/cluster/tap";
import type { BadgeTone } from "#ui/badge.tsx";

export const KIND_TONE: Record<TapKind, BadgeTone> = {
  join: "ok",
  leave: "neutral",
  broadcast: "accent",
  presence: "accent",
  change: "accent",
  refusal: "bad",
  close: "warn",
  system: "outline",
};

/** `join,refusal` from an address; none chosen means all. */
export function parseKinds(text: string): TapKind[] {
  const chosen = new Set(text.split(","));
  return TAP_KINDS.filter((kind) => chosen.has(kind));
}

export function toKindsParam(kinds: readonly TapKind[]): string {
  return kinds.length === TAP_KINDS.length ? "" : kinds.join(",");
}
