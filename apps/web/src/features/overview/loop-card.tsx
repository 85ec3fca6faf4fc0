"use client";
import { Send } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { formatMs } from "#lib/format.ts";
import type { ProjectDetail } from "#server/views/project.ts";
import { Button } from "#ui/button.tsx";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { ErrorState } from "#ui/error-state.tsx";
import { Input } from "#ui/input.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { Waterfall } from "#ui/waterfall.tsx";
import { type LoopResult, type LoopStepId, runLoop } from "./loop.ts";

const STEP_LABEL: Record<LoopStepId, string> = {
  open: "socket open",
  join: "join",
  send: "send",
  receive: "back here",
};

/** Proves the loop from this browser: socket, join, send, and the message back. */
export function LoopCard({ project }: { project: ProjectDetail }) {
  const [text, setText] = useState("hello from the dashboard");
  const [running, setRunning] = useState(false);
  const [result, setResult] = useState<LoopResult | null>(null);
  const key = project.publishableKey ?? project.anonKey;

  const run = async () => {
    if (!key || running) return;
    setRunning(true);
    setResult(await runLoop({ websocketUrl: project.websocketUrl, key, text }));
    setRunning(false);
  };

  return (
    <Card aria-label="Send yourself a message">
      <CardHeader
        title="Send yourself a message"
        description="A socket of this browser joins, sends, and waits for its own message."
      />
      <CardBody>
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            void run();
          }}
        >
          <Input aria-label="Message" value={text} onChange={(event) => setText(event.target.value)} />
          <Button type="submit" variant="primary" busy={running} disabled={!key}>
            {running ? null : <Send className="size-3.5" aria-hidden />} Send
          </Button>
        </form>
        <div className="mt-4 min-h-32" role="status" aria-label="Result">
          {result ? (
            <Outcome result={result} inspector={`/projects/${project.ref}/inspector`} />
          ) : (
            <p className="text-faint text-sm">
              {key ? "Nothing sent yet." : "It takes a publishable key; there is none."}
            </p>
          )}
        </div>
      </CardBody>
    </Card>
  );
}

function Outcome({ result, inspector }: { result: LoopResult; inspector: string }) {
  const spans = result.steps.map(({ id, startMs, endMs }) => ({ label: STEP_LABEL[id], startMs, endMs }));
  return (
    <div className="flex flex-col gap-3">
      {result.ok ? (
        <p className="flex flex-wrap items-center gap-x-2 text-sm">
          <StatusMark status="ok" /> “{result.text}” came back in{" "}
          <strong>{formatMs((spans.at(-1)?.endMs ?? 0) - (spans.at(-1)?.startMs ?? 0))}</strong>
          <Link
            href={`${inspector}?q=${encodeURIComponent("topic:dashboard:*")}`}
            className="text-accent hover:underline"
          >
            See its joins
          </Link>
        </p>
      ) : (
        <ErrorState sentence={`Failed at “${STEP_LABEL[result.failedAt]}”: ${result.reason}`} />
      )}
      <Waterfall label="Steps of the loop" spans={spans} />
    </div>
  );
}
