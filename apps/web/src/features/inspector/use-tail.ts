"use client";
import type { TapKind } from "@tidewire/protocol/cluster/tap";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useCallback, useEffect, useRef, useState } from "react";
import { toFeed } from "#features/live/feed.ts";
import type { TailParcel } from "#server/views/inspector.ts";
import { useTRPC } from "#trpc/client.tsx";
import { type Filter, toServerFilter } from "./filter.ts";
import { append, clear, EMPTY_TAIL, release } from "./tail.ts";
import { addHops, NO_TRACES } from "./traces.ts";

/** Typing must not open a stream per letter. */
const SETTLE_MS = 350;

/** So long after opening, nodes are still telling their recent events. */
const RECENT_MS = 1_000;

interface TailOptions {
  ref: string;
  filter: Filter;
  kinds: readonly TapKind[];
  maxPerSecond: number;
  /** Whether to ask for the way of each broadcast through the nodes. */
  trace?: boolean;
  /** Keeps new events back, counted, instead of showing them. */
  hold: boolean;
}

/** The live tail of a project, from all its nodes. */
export function useTail({ ref, filter, kinds, maxPerSecond, trace = false, hold }: TailOptions) {
  const trpc = useTRPC();
  const [tail, setTail] = useState(EMPTY_TAIL);
  const [traces, setTraces] = useState(NO_TRACES);
  const [parcel, setParcel] = useState<TailParcel | undefined>(undefined);
  const openedMs = useRef(0);
  const holdNow = useRef(hold);
  useEffect(() => {
    holdNow.current = hold;
    if (!hold) setTail(release);
  }, [hold]);

  const input = useSettled(
    JSON.stringify({ ref, maxPerSecond, ...(trace && { trace }), ...toServerFilter(filter, kinds) }),
    SETTLE_MS,
  );
  const live = useSubscription(
    trpc.inspector.tail.subscriptionOptions(JSON.parse(input) as { ref: string; maxPerSecond: number }, {
      onStarted: () => {
        openedMs.current = Date.now();
      },
      onData: ({ data }) => {
        setParcel(data);
        setTraces((known) => addHops(known, data));
        const counted = Date.now() - openedMs.current > RECENT_MS;
        setTail((known) => append(known, data, holdNow.current, counted));
      },
    }),
  );
  const survey = parcel && {
    askedAtMs: parcel.atMs,
    answered: parcel.answered,
    silentNodes: parcel.silent.map((node) => ({ node })),
  };
  return {
    tail,
    traces,
    survey,
    feed: toFeed(live, false),
    error: live.error,
    reset: live.reset,
    clear: useCallback(() => setTail(clear), []),
  };
}

function useSettled(value: string, ms: number): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), ms);
    return () => clearTimeout(timer);
  }, [value, ms]);
  return settled;
}
