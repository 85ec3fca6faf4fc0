import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { PresenceRoom } from "./presence-room.ts";
import { RoomState } from "./state.ts";

const author = (boot: string) => ({ node: `node-${boot}`, region: "r", boot });
const entry = (channel: string, ref: string) => ({
  channel,
  connection: "c",
  key: `key-${channel}`,
  meta: { phx_ref: ref },
  sinceMs: 0,
});
const refs = (state: RoomState) => [...state.members()].map((member) => member.meta.phx_ref).sort();

/** A history of one boot: every version's whole part, and the delta that leads to it. */
function history(boot: string, steps: readonly { channel: number; leaves: boolean }[]) {
  const room = new PresenceRoom(author(boot), counter());
  return steps.map(({ channel, leaves }, index) => {
    const name = `${boot}-${channel}`;
    const { delta } = leaves ? room.remove(name) : room.set(entry(name, `${boot}#${index}`));
    const snapshot = room.state.part(boot);
    if (snapshot === undefined) throw new Error("a boot has a part after its first step");
    return { delta, snapshot };
  });
}

function counter() {
  let value = 0;
  return () => ++value;
}

const steps = fc.array(fc.record({ channel: fc.nat(3), leaves: fc.boolean() }), {
  minLength: 1,
  maxLength: 12,
});

describe("[P4] presence parts", () => {
  test("merging snapshots is commutative, associative and idempotent: any order, any repetition, one result", () => {
    fc.assert(
      fc.property(steps, steps, fc.array(fc.nat(), { maxLength: 40 }), (a, b, picks) => {
        const all = [...history("a", a), ...history("b", b)].map(({ snapshot }) => snapshot);
        const expected = new RoomState();
        for (const snapshot of all) expected.merge(snapshot, true);
        const shuffled = new RoomState();
        for (const pick of picks) shuffled.merge(all[pick % all.length] ?? all[0] ?? never(), true);
        for (const snapshot of [...all].reverse()) shuffled.merge(snapshot, true);
        expect(refs(shuffled)).toEqual(refs(expected));
      }),
    );
  });

  test("a member that left cannot be brought back by anything older", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { maxLength: 30 }), (moves, picks) => {
        const past = history("a", moves);
        const state = new RoomState();
        const last = past.at(-1) ?? never();
        state.merge(last.snapshot, true);
        const truth = refs(state);
        for (const pick of picks) {
          const { snapshot, delta } = past[pick % past.length] ?? last;
          state.merge(snapshot, true);
          state.apply(delta, true);
        }
        expect(refs(state)).toEqual(truth);
      }),
    );
  });

  test("over a network that loses, repeats and reorders, deltas with repair converge to the author's truth", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.nat(), { maxLength: 30 }), (moves, arrivals) => {
        const past = history("a", moves);
        const last = past.at(-1) ?? never();
        const state = new RoomState();
        for (const arrival of arrivals) {
          const { delta } = past[arrival % past.length] ?? last;
          if (state.apply(delta, true) === "gap") state.merge(last.snapshot, true);
        }
        if (last.delta.to > state.versionOf("a")) state.merge(last.snapshot, true);
        const truth = new RoomState();
        truth.merge(last.snapshot, true);
        expect(refs(state)).toEqual(refs(truth));
      }),
    );
  });

  test("what members are told adds up to what is there", () => {
    fc.assert(
      fc.property(steps, fc.array(fc.boolean(), { maxLength: 12 }), (moves, leases) => {
        const told = new Set<string>();
        const state = new RoomState();
        const tell = (change: ReturnType<RoomState["setVisible"]>) => {
          for (const member of change.left) expect(told.delete(member.meta.phx_ref)).toBe(true);
          for (const member of change.joined) told.add(member.meta.phx_ref);
        };
        history("a", moves).forEach(({ delta }, index) => {
          const change = state.apply(delta, true);
          if (change !== "gap") tell(change);
          const lease = leases[index];
          if (lease !== undefined) tell(state.setVisible("a", lease));
        });
        expect([...told].sort()).toEqual(refs(state));
      }),
    );
  });

  test("a lost lease hides a part, a renewed one shows it again, once", () => {
    const state = new RoomState();
    state.merge({ author: author("a"), version: 3, members: [entry("x", "r1")] }, true);
    expect(state.setVisible("a", false).left).toHaveLength(1);
    expect(state.setVisible("a", false).left).toHaveLength(0);
    expect(refs(state)).toEqual([]);
    expect(state.setVisible("a", true).joined).toHaveLength(1);
    expect(refs(state)).toEqual(["r1"]);
  });
});

function never(): never {
  throw new Error("unreachable");
}
