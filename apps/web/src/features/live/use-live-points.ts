"use client";
import { useCallback, useState } from "react";
import { appendPoints, type LivePoints } from "./live-points.ts";

type MeasuresOf<View> = (view: View) => Readonly<Record<string, number | null | undefined>>;

/**
 * The points that this page has seen itself since it was opened, and how to add those of an answer.
 *
 * @param measuresOf must not change from one rendering to the next
 */
export function useLivePoints<View extends { askedAtMs: number }>(
  measuresOf: MeasuresOf<View>,
): [points: LivePoints, add: (view: View) => void] {
  const [points, setPoints] = useState<LivePoints>({});
  const add = useCallback(
    (view: View) => setPoints((known) => appendPoints(known, view.askedAtMs, measuresOf(view))),
    [measuresOf],
  );
  return [points, add];
}
