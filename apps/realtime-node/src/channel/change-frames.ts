import type { ChangeEnvelope, ChangeType } from "@tidewire/protocol/cluster/changes";
import type { Codec } from "@tidewire/protocol/phoenix/codec";
import type { ServerFrame } from "@tidewire/protocol/phoenix/frame";
import { changeFrame, legacyChangeFrame } from "@tidewire/protocol/supabase/changes";
import { type Around, type Frames, TextFrames } from "../socket/wire-frame.ts";

/** Stands for the data while a frame is taken apart; JSON never has it. */
const PLACE = "\0";

/** Who is sent changes, and in which form. As long-lived as its channel. */
export class ChangeRecipient {
  /** Equal keys: equal frames. */
  readonly key: string;
  readonly #codec: Codec;
  readonly #fullTopic: string;
  readonly #legacy: boolean;
  readonly #known = new WeakMap<readonly number[], Around>();
  readonly #knownLegacy = new Map<ChangeType, Around>();

  /** @param legacy joined without `config`: the bare change under its own event (protocol 3.2) */
  constructor(codec: Codec, fullTopic: string, legacy: boolean) {
    this.#codec = codec;
    this.#fullTopic = fullTopic;
    this.#legacy = legacy;
    this.key = `${codec.vsn} ${legacy} ${fullTopic}`;
  }

  /** What stands around the data of each of these changes. */
  around(ids: readonly number[]): (change: Pick<ChangeEnvelope, "type">) => Around {
    if (this.#legacy) return ({ type }) => this.#aroundLegacy(type);
    const known = this.#known.get(ids) ?? this.#split(changeFrame(this.#fullTopic, ids, PLACE));
    this.#known.set(ids, known);
    return () => known;
  }

  #aroundLegacy(type: ChangeType): Around {
    const known = this.#knownLegacy.get(type) ?? this.#split(legacyChangeFrame(this.#fullTopic, type, PLACE));
    this.#knownLegacy.set(type, known);
    return known;
  }

  #split(frame: ServerFrame): Around {
    const [before = "", after = ""] = this.#codec.encode(frame).split(PLACE);
    return { before: Buffer.from(before), after: Buffer.from(after) };
  }
}

type FramesOfRecipients = Map<string, Frames>;

/**
 * Row changes as frames. Members that joined alike get the very same bytes, so changes for 5,000 members of one topic
 * are put into frames once, not 5,000 times; what was built for a list of changes goes with it. For members of topics of
 * their own a change costs two short copies beside its own bytes: the data is never looked at.
 */
export class ChangeFrames {
  readonly #built = new WeakMap<readonly ChangeEnvelope[], Map<readonly number[], FramesOfRecipients>>();

  /**
   * One frame per change.
   *
   * @param ids of the bindings that match; the same array for the same ids of one list of changes
   */
  framesFor(recipient: ChangeRecipient, ids: readonly number[], changes: readonly ChangeEnvelope[]): Frames {
    const frames = this.#framesOf(changes, ids);
    const known = frames.get(recipient.key);
    if (known !== undefined) return known;
    const made = new TextFrames(changes, recipient.around(ids));
    frames.set(recipient.key, made);
    return made;
  }

  #framesOf(changes: readonly ChangeEnvelope[], ids: readonly number[]): FramesOfRecipients {
    const ofChanges = this.#built.get(changes) ?? new Map<readonly number[], FramesOfRecipients>();
    this.#built.set(changes, ofChanges);
    const frames = ofChanges.get(ids) ?? new Map<string, Frames>();
    ofChanges.set(ids, frames);
    return frames;
  }
}
