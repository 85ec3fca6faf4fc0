"use client";
import { TAP_KINDS, type TapKind } from "@tidewire/protocol/cluster/tap";
import { Download, Eraser, Pause, Play, Route, Search, Send } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "#ui/button.tsx";
import { Chip } from "#ui/chip.tsx";
import { Input } from "#ui/input.tsx";
import { Select } from "#ui/select.tsx";

interface ToolbarProps {
  kinds: readonly TapKind[];
  onKinds: (kinds: TapKind[]) => void;
  query: string;
  onQuery: (query: string) => void;
  rate: number;
  onRate: (rate: number) => void;
  trace: boolean;
  onTrace: (trace: boolean) => void;
  paused: boolean;
  onPause: (paused: boolean) => void;
  onClear: () => void;
  onExport: () => void;
  onCompose: () => void;
  children: ReactNode;
}

const RATES = [20, 50, 200, 500].map((rate) => ({ value: String(rate), label: `≤ ${rate}/s` }));

export function Toolbar(props: ToolbarProps) {
  const {
    kinds,
    onKinds,
    query,
    onQuery,
    rate,
    onRate,
    trace,
    onTrace,
    paused,
    onPause,
    onClear,
    onExport,
    onCompose,
    children,
  } = props;
  const toggle = (kind: TapKind) =>
    onKinds(
      kinds.includes(kind)
        ? kinds.filter((one) => one !== kind)
        : TAP_KINDS.filter((one) => one === kind || kinds.includes(one)),
    );
  return (
    <div role="toolbar" aria-label="Inspector" className="flex flex-col gap-2 border-b p-3">
      <div className="flex flex-wrap items-center gap-2">
        <div className="relative min-w-48 flex-1">
          <Search className="absolute top-2.5 left-2.5 size-3 text-faint" aria-hidden />
          <Input
            type="search"
            aria-label="Filter messages"
            placeholder="topic:room:* event:cursor user:… node:… code:… or any text"
            value={query}
            onChange={(event) => onQuery(event.target.value)}
            spellCheck={false}
            className="pl-7 font-mono text-xs"
          />
        </div>
        <Select
          aria-label="Rows per second at most"
          className="w-28"
          value={String(rate)}
          onValueChange={(value) => onRate(Number(value))}
          options={RATES}
        />
        <Button
          aria-pressed={trace}
          variant={trace ? "primary" : undefined}
          title="Ask every node for the way of each broadcast"
          onClick={() => onTrace(!trace)}
        >
          <Route className="size-3.5" aria-hidden /> Trace
        </Button>
        <Button aria-pressed={paused} onClick={() => onPause(!paused)} className="w-24">
          {paused ? <Play className="size-3.5" aria-hidden /> : <Pause className="size-3.5" aria-hidden />}
          {paused ? "Resume" : "Pause"}
        </Button>
        <Button variant="ghost" onClick={onClear}>
          <Eraser className="size-3.5" aria-hidden /> Clear
        </Button>
        <Button variant="ghost" onClick={onExport}>
          <Download className="size-3.5" aria-hidden /> Export
        </Button>
        <Button variant="primary" onClick={onCompose}>
          <Send className="size-3.5" aria-hidden /> Compose
        </Button>
      </div>
      <div className="flex flex-wrap items-center gap-1.5">
        <fieldset aria-label="Kinds" className="flex flex-wrap gap-1.5">
          {TAP_KINDS.map((kind) => (
            <Chip key={kind} pressed={kinds.includes(kind)} onClick={() => toggle(kind)}>
              {kind}
            </Chip>
          ))}
        </fieldset>
        {kinds.length > 0 ? (
          <button
            type="button"
            onClick={() => onKinds([])}
            className="px-1 text-faint text-xs hover:text-ink"
          >
            all kinds
          </button>
        ) : null}
        <div className="ml-auto">{children}</div>
      </div>
    </div>
  );
}
