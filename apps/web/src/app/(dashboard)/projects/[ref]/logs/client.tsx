"use client";
import { Pause, Play } from "lucide-react";
import { useState } from "react";
import { usePause } from "#features/live/pause.tsx";
import { LogDetail } from "#features/logs/log-detail.tsx";
import { LogTable } from "#features/logs/log-table.tsx";
import { useLog } from "#features/logs/use-log.ts";
import { plural } from "#lib/format.ts";
import type { LogEntry } from "#server/views/logs.ts";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { StatusLine } from "#ui/status-line.tsx";

export function LogsClient({ projectRef }: { projectRef: string }) {
  const { paused, setPaused } = usePause();
  const [opened, setOpened] = useState<LogEntry | null>(null);
  const { log, parcel, survey, feed, error, reset } = useLog(projectRef, paused);
  const hold = (
    <Button aria-pressed={paused} onClick={() => setPaused(!paused)} className="w-24">
      {paused ? <Play className="size-3.5" aria-hidden /> : <Pause className="size-3.5" aria-hidden />}
      {paused ? "Resume" : "Pause"}
    </Button>
  );
  return (
    <>
      <PageHeader
        title="Logs"
        description="What went wrong or was changed in this project, with its code and what ends it."
      />
      <StatusLine feed={feed} survey={survey} className="-mt-2 pb-4">
        {paused ? (
          <span className="text-warn">paused, {plural(log.held.length, "new entry", "new entries")}</span>
        ) : null}
        {log.dropped > 0 ? (
          <span className="text-warn">{plural(log.dropped, "event")} came too fast to be shown</span>
        ) : null}
        {parcel?.isControlUp === false ? (
          <span className="text-warn">
            changes and gaps are missing: the control database does not answer
          </span>
        ) : null}
      </StatusLine>
      {parcel ? (
        <Card aria-label="Log">
          <LogTable entries={log.rows} selected={opened?.id} onOpen={setOpened} toolbar={hold} />
        </Card>
      ) : (
        <Pending error={error} onRetry={reset} />
      )}
      {opened ? <LogDetail projectRef={projectRef} entry={opened} onClose={() => setOpened(null)} /> : null}
    </>
  );
}
