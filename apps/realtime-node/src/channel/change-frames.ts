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

type FramesOfRecipients = Map<string, WireFrame>;

/**
 * Row changes as frames. Members that joined alike get the very same bytes, so a change for 5,000 members of one topic
 * is encoded once, not 5,000 times; what was built for an envelope goes with it.
 */
export class ChangeFrames {
  readonly #built = new WeakMap<ChangeEnvelope, Map<readonly number[], FramesOfRecipients>>();

  /** @param ids of the bindings that match; the same array for the same ids within one envelope */
  frameFor(
    recipient: Recipient,
    ids: readonly number[],
    dataJson: string,
    envelope: ChangeEnvelope,
  ): WireFrame {
    const { codec, fullTopic, legacy } = recipient;
    const frames = this.#framesOf(envelope, ids);
    const key = `${codec.vsn} ${legacy} ${fullTopic}`;
    const known = frames.get(key);
    if (known !== undefined) return known;
    const message = legacy
      ? legacyChangeFrame(fullTopic, envelope.type, dataJson)
      : changeFrame(fullTopic, ids, dataJson);
    const frame = toWireFrame(codec.encode(message));
    frames.set(key, frame);
    return frame;
  }

  #framesOf(envelope: ChangeEnvelope, ids: readonly number[]): FramesOfRecipients {
    const ofEnvelope = this.#built.get(envelope) ?? new Map<readonly number[], FramesOfRecipients>();
    this.#built.set(envelope, ofEnvelope);
    const frames = ofEnvelope.get(ids) ?? new Map<string, WireFrame>();
    ofEnvelope.set(ids, frames);
    return frames;
  }
}
