"use client";
import { useSubscription } from "@trpc/tanstack-react-query";
import { useEffect, useRef, useState } from "react";
import { toFeed } from "#features/live/feed.ts";
import type { LogParcel } from "#server/views/logs.ts";
import { useTRPC } from "#trpc/client.tsx";
import { append, EMPTY_LOG, release } from "./log.ts";

/** What happened in a project and what happens now; `hold` keeps news back without losing them. */
export function useLog(ref: string, hold: boolean) {
  const trpc = useTRPC();
  const [log, setLog] = useState(EMPTY_LOG);
  const [parcel, setParcel] = useState<LogParcel | undefined>(undefined);
  const holdNow = useRef(hold);
  useEffect(() => {
    holdNow.current = hold;
    if (!hold) setLog(release);
  }, [hold]);
  const live = useSubscription(
    trpc.logs.tail.subscriptionOptions(
      { ref },
      {
        onData: (data) => {
          setParcel(data);
          setLog((known) => append(known, data, holdNow.current));
        },
      },
    ),
  );
  const survey = parcel && {
    askedAtMs: parcel.atMs,
    answered: parcel.answered,
    silentNodes: parcel.silent.map((node) => ({ node })),
  };
  return { log, parcel, survey, feed: toFeed(live, false), error: live.error, reset: live.reset };
}
