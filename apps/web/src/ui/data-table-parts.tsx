"use client";
import { ArrowDown, ArrowUp } from "lucide-react";
import { type ReactNode, useMemo } from "react";
import { cn } from "#ui/class-names.ts";
import { Select } from "#ui/select.tsx";

export type CellValue = string | number | boolean | null | undefined;

export interface Column<Row> {
  id: string;
  header: string;
  /** What sorting, search and the CSV see. */
  value: (row: Row) => CellValue;
  /** What is shown; the value itself when left out. */
  cell?: (row: Row) => ReactNode;
  align?: "right";
  /** For ids, topics and whatever else is read letter by letter. */
  mono?: boolean;
  /** A CSS width; columns without one share what is left. */
  width?: string;
  /** Offers a choice of the values that occur. */
  filter?: boolean;
}

/** Holds the place of rows that are not rendered. */
export function Spacer({ height, columns }: { height: number; columns: number }) {
  if (height <= 0) return null;
  return (
    <tr aria-hidden>
      <td colSpan={columns} style={{ height, padding: 0 }} />
    </tr>
  );
}

interface HeaderCellProps<Row> {
  column: Column<Row>;
  sorted: "ascending" | "descending" | "none";
  onSort: () => void;
}

export function HeaderCell<Row>({ column, sorted, onSort }: HeaderCellProps<Row>) {
  const Arrow = sorted === "ascending" ? ArrowUp : ArrowDown;
  return (
    <th
      scope="col"
      aria-sort={sorted}
      style={column.width ? { width: column.width } : undefined}
      className="sticky top-0 z-10 bg-surface p-0 shadow-[inset_0_-1px_0_var(--line)]"
    >
      <button
        type="button"
        onClick={onSort}
        className={cn(
          "flex w-full items-center gap-1 truncate px-3 py-2 font-medium text-faint text-xs hover:text-ink focus-visible:-outline-offset-2",
          column.align === "right" && "flex-row-reverse",
        )}
      >
        {column.header}
        <Arrow className={cn("size-3 shrink-0", sorted === "none" && "opacity-0")} aria-hidden />
      </button>
    </th>
  );
}

interface ColumnFilterProps<Row> {
  column: Column<Row>;
  rows: readonly Row[];
  value: string;
  onChange: (value: string) => void;
}

/** Radix has no empty value for an item; this one stands for "any". */
const ANY = "*";

export function ColumnFilter<Row>({ column, rows, value, onChange }: ColumnFilterProps<Row>) {
  const values = useMemo(
    () => [...new Set(rows.map((row) => String(column.value(row))))].sort(),
    [rows, column],
  );
  return (
    <Select
      aria-label={`Filter by ${column.header.toLowerCase()}`}
      className="w-auto min-w-28 max-w-48"
      value={value === "" ? ANY : value}
      onValueChange={(next) => onChange(next === ANY ? "" : next)}
      options={[
        { value: ANY, label: `${column.header}: any` },
        ...values.map((one) => ({ value: one, label: one })),
      ]}
    />
  );
}
