import type { TapBatch } from "@tidewire/protocol/cluster/tap";
import { type TrackedEnvelope, tracked } from "@trpc/server";
import type { z } from "zod";
import type { Tail } from "../../../lib/schemas/inspector.ts";
import type { ProjectScope } from "../../context.ts";
import type { TailParcel } from "../../views/inspector.ts";
import { TailCursor } from "./cursor.ts";
import { ParcelBuffer } from "./parcel.ts";
import { Taps } from "./taps.ts";
import { Wake } from "./wake.ts";

/** Ten parcels per second look like one stream. */
const PARCEL_MS = 100;
/** Without events a parcel still says who is heard. */
const QUIET_PARCEL_MS = 1_000;

/**
 * Every node's tap as one stream of parcels, newest nodes included, until the browser goes. Each parcel names the nodes
 * it was made from and counts what it leaves out.
 */
export async function* tailProject(
  { resources, project: { ref } }: ProjectScope,
  input: z.infer<typeof Tail>,
  signal: AbortSignal | undefined,
): AsyncGenerator<TrackedEnvelope<TailParcel>, void, void> {
  const { kinds, topic, text, trace, maxPerSecond, lastEventId } = input;
  const cursor = TailCursor.parse(lastEventId);
  const buffer = new ParcelBuffer(maxPerSecond, resources.nowMs);
  const wake = new Wake();
  const onBatch = (batch: TapBatch) => {
    buffer.add(cursor.advance(batch));
    buffer.addTraces(batch);
    wake.call();
  };
  const taps = new Taps({ ...resources, input: { ref, kinds, topic, text, trace, maxPerSecond }, onBatch });
  const stop = () => wake.call();
  signal?.addEventListener("abort", stop, { once: true });
  try {
    await taps.follow();
    while (signal?.aborted !== true) {
      const { answered, silent } = taps.status();
      yield tracked(cursor.toString(), { ...buffer.take(), atMs: resources.nowMs(), answered, silent });
      await wake.within(PARCEL_MS, QUIET_PARCEL_MS);
      await taps.follow();
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    taps.close();
  }
}
