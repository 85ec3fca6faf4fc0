import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import { changeFrame, legacyChangeFrame } from "@tidewire/protocol/supabase/changes";
import { toWireFrame, type WireFrame } from "../socket/wire-frame.ts";

/** Who is sent a change, and in which form. */
interface Recipient {
  readonly codec: Codec;
  readonly fullTopic: string;
  /** Joined without `config`: the bare change under its own event (protocol 3.2). */
  readonly legacy: boolean;
}

interface Built {
  dataJson: string;
  frame: WireFrame;
}

/**
 * Row changes as frames. Members that joined alike get the very same bytes, so a change for 5,000 members of one topic
 * is encoded once, not 5,000 times; what was built for an envelope goes with it.
 */
export class ChangeFrames {
  readonly #built = new WeakMap<ChangeEnvelope, Map<string, Built>>();

  /** @param ids of the bindings that match, in the order of the join */
  frameFor(
    recipient: Recipient,
    ids: readonly number[],
    dataJson: string,
    envelope: ChangeEnvelope,
  ): WireFrame {
    const { codec, fullTopic, legacy } = recipient;
    const built = this.#built.get(envelope) ?? new Map<string, Built>();
    this.#built.set(envelope, built);
    const key = `${codec.vsn} ${legacy ? "legacy" : ids.join()} ${fullTopic}`;
    const known = built.get(key);
    if (known?.dataJson === dataJson) return known.frame;
    const message = legacy
      ? legacyChangeFrame(fullTopic, envelope.type, dataJson)
      : changeFrame(fullTopic, ids, dataJson);
    const frame = toWireFrame(codec.encode(message));
    built.set(key, { dataJson, frame });
    return frame;
  }
}
