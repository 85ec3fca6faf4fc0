"use client";
import {
  type ColumnDef,
  getCoreRowModel,
  getFilteredRowModel,
  getSortedRowModel,
  type Row as TableRow,
  useReactTable,
} from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Download, Search } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useMemo, useRef } from "react";
import { toCsv } from "#lib/csv.ts";
import { formatCount, plural, UNKNOWN } from "#lib/format.ts";
import { Button } from "#ui/button.tsx";
import { cn } from "#ui/class-names.ts";
import { type CellValue, type Column, ColumnFilter, HeaderCell, Spacer } from "#ui/data-table-parts.tsx";
import { download } from "#ui/download.ts";
import { Input } from "#ui/input.tsx";
import { ScrollRegion } from "#ui/scroll-region.tsx";
import { parseSort, toSortParam } from "#ui/sort-param.ts";
import { useUrlParam } from "#ui/use-url-param.ts";

export type { Column } from "#ui/data-table-parts.tsx";

interface DataTableProps<Row> {
  /** The table's accessible name, and the name of its CSV file. */
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  /** Prefix of this table's search parameters, when a page has more than one. */
  name?: string;
  /** Initial order, e.g. `-connections`. */
  sort?: string;
  onOpen?: (row: Row) => void;
  selectedKey?: string | undefined;
  /** Stands in place of the rows when there are none at all. */
  empty: ReactNode;
  rowTone?: (row: Row) => string | undefined;
  toolbar?: ReactNode;
  minWidth?: string;
  maxHeight?: string;
}

const ROW_PX = 36;
/** Below this all rows are rendered: find-in-page works, and there is nothing to gain. */
const VIRTUAL_FROM_ROWS = 120;

/** Search, sort and filter in the address; CSV; sticky header; only the visible rows of a long list are rendered. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, rows, rowKey, name = "", onOpen, selectedKey, empty, rowTone, toolbar } = props;
  const [search, setSearch] = useUrlParam(`${name}q`);
  const [sort, setSort] = useUrlParam(`${name}sort`, props.sort ?? "");
  const [filterText, setFilterText] = useUrlParam(`${name}filter`);
  const scroller = useRef<HTMLDivElement>(null);

  const filters = useMemo(
    () => [...new URLSearchParams(filterText)].map(([id, value]) => ({ id, value })),
    [filterText],
  );
  const definitions = useMemo<ColumnDef<Row, CellValue>[]>(
    () =>
      columns.map((column) => ({
        id: column.id,
        header: column.header,
        accessorFn: column.value,
        filterFn: (row: TableRow<Row>, id: string, wanted: unknown) => String(row.getValue(id)) === wanted,
        sortUndefined: "last" as const,
      })),
    [columns],
  );
  const data = useMemo(() => [...rows], [rows]);
  const sorting = useMemo(() => parseSort(sort), [sort]);

  const table = useReactTable<Row>({
    data,
    columns: definitions,
    state: { sorting, globalFilter: search, columnFilters: filters },
    onSortingChange: (update) =>
      setSort(toSortParam(typeof update === "function" ? update(sorting) : update)),
    getRowId: rowKey,
    globalFilterFn: "includesString",
    getColumnCanGlobalFilter: () => true,
    getCoreRowModel: getCoreRowModel(),
    getSortedRowModel: getSortedRowModel(),
    getFilteredRowModel: getFilteredRowModel(),
  });

  const visible = table.getRowModel().rows;
  const virtual = visible.length >= VIRTUAL_FROM_ROWS;
  const virtualizer = useVirtualizer({
    count: visible.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: 12,
    enabled: virtual,
  });
  const items = virtual ? virtualizer.getVirtualItems() : [];
  const shown = virtual
    ? items.map((item) => visible[item.index]).filter((row) => row !== undefined)
    : visible;
  const before = items[0]?.start ?? 0;
  const after = virtual ? virtualizer.getTotalSize() - (items.at(-1)?.end ?? 0) : 0;

  const setFilter = (id: string, value: string) => {
    const next = new URLSearchParams(filterText);
    if (value === "") next.delete(id);
    else next.set(id, value);
    setFilterText(next.toString());
  };
  const exportCsv = () => {
    const cells = visible.map((row) => columns.map((column) => column.value(row.original)));
    download(
      `${label.toLowerCase().replaceAll(" ", "-")}.csv`,
      toCsv(
        columns.map((c) => c.header),
        cells,
      ),
      "text/csv",
    );
  };

  if (rows.length === 0) return <>{empty}</>;
  return (
    <div className="flex min-w-0 flex-col">
      <div className="flex flex-wrap items-center gap-2 border-b px-3 py-2">
        <div className="relative w-full sm:w-56">
          <Search className="absolute top-2.5 left-2.5 size-3 text-faint" aria-hidden />
          <Input
            type="search"
            aria-label={`Search ${label.toLowerCase()}`}
            placeholder="Search"
            value={search}
            onChange={(event) => setSearch(event.target.value)}
            className="pl-7"
          />
        </div>
        {columns
          .filter((column) => column.filter)
          .map((column) => (
            <ColumnFilter
              key={column.id}
              column={column}
              rows={rows}
              value={filters.find((filter) => filter.id === column.id)?.value ?? ""}
              onChange={(value) => setFilter(column.id, value)}
            />
          ))}
        {toolbar}
        <span className="ml-auto text-faint text-xs" aria-live="polite">
          {visible.length === rows.length
            ? plural(rows.length, "row")
            : `${visible.length} of ${plural(rows.length, "row")}`}
        </span>
        <Button variant="ghost" size="sm" onClick={exportCsv}>
          <Download className="size-3.5" aria-hidden /> CSV
        </Button>
      </div>
      <ScrollRegion
        ref={scroller}
        label={label}
        className="overflow-auto"
        style={{ maxHeight: props.maxHeight ?? "70vh" }}
      >
        <table
          aria-label={label}
          aria-rowcount={visible.length}
          className="w-full table-fixed text-sm"
          style={{ minWidth: props.minWidth ?? "640px" }}
        >
          <thead>
            <tr>
              {columns.map((column) => (
                <HeaderCell
                  key={column.id}
                  column={column}
                  sorted={
                    sorting[0]?.id === column.id ? (sorting[0].desc ? "descending" : "ascending") : "none"
                  }
                  onSort={() => table.getColumn(column.id)?.toggleSorting()}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            <Spacer height={before} columns={columns.length} />
            {shown.map((row) => (
              <tr
                key={row.id}
                style={{ height: ROW_PX }}
                aria-selected={onOpen ? row.id === selectedKey : undefined}
                tabIndex={onOpen ? 0 : undefined}
                onClick={onOpen ? () => onOpen(row.original) : undefined}
                onKeyDown={onOpen ? (event) => openByKey(event, () => onOpen(row.original)) : undefined}
                className={cn(
                  "border-b last:border-b-0 hover:bg-raised/60 focus-visible:-outline-offset-2",
                  onOpen && "cursor-pointer",
                  row.id === selectedKey && "bg-accent-soft hover:bg-accent-soft",
                  rowTone?.(row.original),
                )}
              >
                {columns.map((column) => (
                  <td
                    key={column.id}
                    className={cn(
                      "truncate px-3 py-1",
                      column.align === "right" && "text-right",
                      column.mono && "font-mono text-xs",
                    )}
                  >
                    {column.cell ? column.cell(row.original) : toText(column.value(row.original))}
                  </td>
                ))}
              </tr>
            ))}
            <Spacer height={after} columns={columns.length} />
          </tbody>
        </table>
        {visible.length === 0 ? <p className="p-6 text-center text-muted text-sm">Nothing matches.</p> : null}
      </ScrollRegion>
    </div>
  );
}

function toText(value: CellValue): string {
  if (value === null || value === undefined || value === "") return UNKNOWN;
  return typeof value === "number" ? formatCount(value) : String(value);
}

function openByKey(event: KeyboardEvent<HTMLElement>, open: () => void): void {
  if (event.target !== event.currentTarget || (event.key !== "Enter" && event.key !== " ")) return;
  event.preventDefault();
  open();
}
