"use client";
import { Pause, Play } from "lucide-react";
import { usePause } from "#features/live/pause.tsx";
import { Button } from "#ui/button.tsx";
import { Tooltip } from "#ui/tooltip.tsx";

export function PauseToggle() {
  const { paused, setPaused } = usePause();
  return (
    <Tooltip content={paused ? "Follow the present again" : "Hold what is on screen"} side="bottom">
      <Button
        variant={paused ? "secondary" : "ghost"}
        size="sm"
        aria-pressed={paused}
        aria-label={paused ? "Resume live data" : "Pause live data"}
        onClick={() => setPaused(!paused)}
        className="w-20"
      >
        {paused ? <Play className="size-3.5" aria-hidden /> : <Pause className="size-3.5" aria-hidden />}
        {paused ? "Paused" : "Live"}
      </Button>
    </Tooltip>
  );
}
