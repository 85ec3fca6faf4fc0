"use client";
import { RadioGroup } from "radix-ui";
import { regionHealth } from "#features/shell/region-health.ts";
import { formatMs } from "#lib/format.ts";
import type { RegionView } from "#server/views/fleet.ts";
import { StatusMark } from "#ui/status-mark.tsx";
import { useRegionRtt } from "./use-region-rtt.ts";

interface RegionChoiceProps {
  regions: readonly RegionView[];
  value: string;
  onValueChange: (region: string) => void;
  "aria-invalid"?: boolean;
}

export function RegionChoice({ regions, value, onValueChange, ...aria }: RegionChoiceProps) {
  const roundTrips = useRegionRtt(regions);
  return (
    <RadioGroup.Root
      aria-label="Region"
      value={value}
      onValueChange={onValueChange}
      className="grid gap-2 sm:grid-cols-2"
      {...aria}
    >
      {regions.map((region) => {
        const { status, sentence } = regionHealth(region);
        const ms = roundTrips.get(region.id);
        return (
          <RadioGroup.Item
            key={region.id}
            value={region.id}
            aria-label={`${region.name} (${region.id})`}
            className="flex items-center gap-3 rounded-md border border-line-strong/60 px-3 py-2.5 text-left hover:bg-raised/60 data-[state=checked]:border-accent data-[state=checked]:bg-accent-soft"
          >
            <StatusMark status={status} label={sentence} />
            <span className="min-w-0 flex-1">
              <span className="block truncate font-medium text-sm">{region.name}</span>
              <span className="block truncate font-mono text-faint text-xs">{region.id}</span>
            </span>
            <span className="text-right text-muted text-xs">
              {ms === undefined ? "–" : formatMs(ms)}
              <span className="block text-2xs text-faint">from here</span>
            </span>
          </RadioGroup.Item>
        );
      })}
    </RadioGroup.Root>
  );
}
