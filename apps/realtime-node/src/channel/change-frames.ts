import type { ChangeEnvelope, ChangeType } from "@tidewire/protocol/cluster/changes";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import { changeFrame, legacyChangeFrame } from "@tidewire/protocol/supabase/changes";
import { toTextFrames, type WireFrame } from "../socket/wire-frame.ts";

/** Stands for the data while a frame is taken apart; JSON never has it. */
const PLACE = "\0";

/** What stands before and behind the data in every frame of one kind. */
interface Template {
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Who is sent changes, and in which form. As long-lived as its channel. */
export class ChangeRecipient {
  /** Equal keys: equal frames. */
  readonly key: string;
  readonly #codec: Codec;
  readonly #fullTopic: string;
  readonly #legacy: boolean;
  readonly #templates = new WeakMap<readonly number[], Template>();
  readonly #legacyTemplates = new Map<ChangeType, Template>();

  /** @param legacy joined without `config`: the bare change under its own event (protocol 3.2) */
  constructor(codec: Codec, fullTopic: string, legacy: boolean) {
    this.#codec = codec;
    this.#fullTopic = fullTopic;
    this.#legacy = legacy;
    this.key = `${codec.vsn} ${legacy} ${fullTopic}`;
  }

  template(ids: readonly number[], type: ChangeType): Template {
    const known = this.#legacy ? this.#legacyTemplates.get(type) : this.#templates.get(ids);
    if (known !== undefined) return known;
    const frame = this.#legacy
      ? legacyChangeFrame(this.#fullTopic, type, PLACE)
      : changeFrame(this.#fullTopic, ids, PLACE);
    const [before = "", after = ""] = this.#codec.encode(frame).split(PLACE);
    const template = { before: Buffer.from(before), after: Buffer.from(after) };
    if (this.#legacy) this.#legacyTemplates.set(type, template);
    else this.#templates.set(ids, template);
    return template;
  }
}

type FramesOfRecipients = Map<string, WireFrame>;

/**
 * Row changes as frames. Members that joined alike get the very same bytes, so changes for 5,000 members of one topic
 * are put into frames once, not 5,000 times; what was built for a list of changes goes with it. For members of topics of
 * their own a change costs two short copies beside its own bytes: the data is never looked at.
 */
export class ChangeFrames {
  readonly #built = new WeakMap<readonly ChangeEnvelope[], Map<readonly number[], FramesOfRecipients>>();

  /**
   * One frame per change, in one piece.
   *
   * @param ids of the bindings that match; the same array for the same ids of one list of changes
   */
  framesFor(
    recipient: ChangeRecipient,
    ids: readonly number[],
    changes: readonly ChangeEnvelope[],
  ): WireFrame {
    const frames = this.#framesOf(changes, ids);
    const known = frames.get(recipient.key);
    if (known !== undefined) return known;
    const made = toTextFrames(
      changes.map(({ type, data }) => {
        const { before, after } = recipient.template(ids, type);
        return [before, data, after];
      }),
    );
    frames.set(recipient.key, made);
    return made;
  }

  #framesOf(changes: readonly ChangeEnvelope[], ids: readonly number[]): FramesOfRecipients {
    const ofChanges = this.#built.get(changes) ?? new Map<readonly number[], FramesOfRecipients>();
    this.#built.set(changes, ofChanges);
    const frames = ofChanges.get(ids) ?? new Map<string, WireFrame>();
    ofChanges.set(ids, frames);
    return frames;
  }
}
