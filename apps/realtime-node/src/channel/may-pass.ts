import type { Refusal } from "@tidewire/protocol/errors";

/** Whether the same request may succeed later without anybody changing anything: nobody's fault, or ours. */
export function mayPass({ outcome: { retry } }: Refusal): boolean {
  return retry === "with-backoff" || retry === "at-once";
}
