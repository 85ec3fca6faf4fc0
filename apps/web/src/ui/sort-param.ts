import type { SortingState } from "@tanstack/react-table";

/** `-connections` sorts downwards by that column, `connections` upwards. */
export function parseSort(text: string): SortingState {
  if (text === "") return [];
  return text.startsWith("-") ? [{ id: text.slice(1), desc: true }] : [{ id: text, desc: false }];
}

export function toSortParam(sorting: SortingState): string {
  const [first] = sorting;
  return first ? `${first.desc ? "-" : ""}${first.id}` : "";
}
