import { HomeNotice } from "@tidewire/protocol/cluster/changes";
import { subjects } from "@tidewire/protocol/cluster/subjects";
import type { Bus, Subscription } from "../bus/bus.ts";

export function publishNotice(bus: Pick<Bus, "publish">, notice: HomeNotice): void {
  bus.publish(subjects.notices(notice.ref), Buffer.from(JSON.stringify(notice)));
}

/** What a newer version of this code says in a way that this one does not know is not heard. */
export function onNotices(
  bus: Pick<Bus, "subscribe">,
  ref: string,
  onNotice: (notice: HomeNotice) => void,
): Subscription {
  return bus.subscribe(subjects.notices(ref), ({ data }) => {
    const parsed = HomeNotice.safeParse(JSON.parse(Buffer.from(data).toString()));
    if (parsed.success) onNotice(parsed.data);
  });
}
