interface Holder {
  readonly meta: { readonly phx_ref: string };
}

interface Change<Member extends Holder> {
  joined: readonly Member[];
  left: readonly Member[];
}

/**
 * The metas of a room that its members are shown, by reference. A meta that moves from one boot's part to another's is
 * held by both for a moment: it is neither a join nor a leave.
 */
export class ShownMetas {
  readonly #holders = new Map<string, number>();

  /** What of a change of the parts is a change of what is shown. */
  apply<Member extends Holder>({ joined, left }: Change<Member>): Change<Member> {
    const before = new Map<string, boolean>();
    for (const member of joined) this.#count(member, 1, before);
    for (const member of left) this.#count(member, -1, before);
    const changedTo = (shown: boolean) => (member: Member) => {
      const { phx_ref: ref } = member.meta;
      const isFirst = before.get(ref) === !shown && this.#holders.has(ref) === shown;
      if (isFirst) before.delete(ref);
      return isFirst;
    };
    return { joined: joined.filter(changedTo(true)), left: left.filter(changedTo(false)) };
  }

  holders(ref: string): number {
    return this.#holders.get(ref) ?? 0;
  }

  #count({ meta: { phx_ref: ref } }: Holder, by: 1 | -1, before: Map<string, boolean>): void {
    const held = this.holders(ref);
    if (!before.has(ref)) before.set(ref, held > 0);
    if (held + by === 0) this.#holders.delete(ref);
    else this.#holders.set(ref, held + by);
  }
}
