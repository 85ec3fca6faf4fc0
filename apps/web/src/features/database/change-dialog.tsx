"use client";
import { createContext, type ReactNode, useContext, useState } from "react";
import { describeChange, toSqlText } from "#lib/database-change.ts";
import type { DatabaseChange } from "#lib/schemas/database.ts";
import { Button } from "#ui/button.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { consequenceOf, isTakingAway } from "./consequence.ts";
import { useApply } from "./use-apply.ts";

interface Asked {
  change: DatabaseChange;
  onDone: (() => void) | undefined;
}

type Ask = (change: DatabaseChange, onDone?: () => void) => void;

const ChangeContext = createContext<Ask>(() => undefined);

/** Shows the SQL of a change, and runs it when its reader agrees; `onDone` follows once it has run. */
export function useAskChange(): Ask {
  return useContext(ChangeContext);
}

/** Everything below may ask for changes of this project's database. */
export function ChangeProvider({ projectRef, children }: { projectRef: string; children: ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const [ask] = useState<Ask>(() => (change: DatabaseChange, onDone?: () => void) => {
    setAsked({ change, onDone });
  });
  return (
    <ChangeContext value={ask}>
      {children}
      {asked ? <Question projectRef={projectRef} asked={asked} onClose={() => setAsked(null)} /> : null}
    </ChangeContext>
  );
}

interface QuestionProps {
  projectRef: string;
  asked: Asked;
  onClose: () => void;
}

function Question({ projectRef, asked: { change, onDone }, onClose }: QuestionProps) {
  const { run, isPending, error } = useApply(projectRef, () => {
    onDone?.();
    onClose();
  });
  const title = describeChange(change);
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open && !isPending) onClose();
      }}
      title={title}
      description={consequenceOf(change)}
      className="max-w-2xl"
    >
      <form
        aria-label={title}
        onSubmit={(event) => {
          event.preventDefault();
          run(change);
        }}
        className="flex flex-col gap-3"
      >
        <CodeBlock text={toSqlText(change)} language="sql" label="SQL to be run" wrap />
        {error ? <ProblemState error={error} /> : null}
        <div className="flex items-center justify-end gap-2 pt-1">
          <Button variant="ghost" onClick={onClose} disabled={isPending}>
            Cancel
          </Button>
          <Button
            type="submit"
            variant={isTakingAway(change) ? "danger" : "primary"}
            busy={isPending}
            autoFocus
          >
            Run SQL
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
