"use client";
import type { ReactNode } from "react";
import { useApply } from "#features/database/use-apply.ts";
import { toSqlText } from "#lib/database-change.ts";
import { isMessages } from "#lib/policies/describe-policy.ts";
import type { PolicyChange } from "#lib/schemas/database.ts";
import { Button } from "#ui/button.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { DryRun } from "./dry-run.tsx";

interface ChangePanelProps {
  projectRef: string;
  title: string;
  description: ReactNode;
  action: string;
  /** Something that worked may stop working. */
  isDanger?: boolean;
  /** Null while there is nothing to run. */
  change: PolicyChange | null;
  /** Stands in place of the SQL meanwhile. */
  why: string;
  onClose: () => void;
  children: ReactNode;
}

/** A form beside the list; the SQL that it comes to stays in sight while it is filled in, and is what runs. */
export function ChangePanel(props: ChangePanelProps) {
  const { projectRef, title, description, action, isDanger, change, why, onClose, children } = props;
  const { run, isPending, error } = useApply(projectRef, onClose);
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open && !isPending) onClose();
      }}
      placement="side"
      title={title}
      description={description}
      className="max-w-2xl"
    >
      <form
        aria-label={title}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          if (change) run(change);
        }}
        className="flex flex-col gap-5"
      >
        {children}
        <section aria-label="SQL" className="flex flex-col gap-1.5 border-t pt-4">
          <h3 className="text-faint text-xs">This will run, as one transaction</h3>
          {change ? (
            <CodeBlock text={toSqlText(change)} language="sql" label="SQL to be run" />
          ) : (
            <p className="rounded-md border border-dashed p-3 text-muted text-xs">{why}</p>
          )}
        </section>
        {change && isMessages(change) ? <DryRun projectRef={projectRef} change={change} /> : null}
        {error ? <ProblemState error={error} /> : null}
        <footer className="sticky bottom-0 -mx-5 -mb-4 flex justify-end gap-2 border-t bg-surface px-5 py-3">
          <Button variant="ghost" onClick={onClose} disabled={isPending}>
            Cancel
          </Button>
          <Button
            type="submit"
            variant={isDanger ? "danger" : "primary"}
            busy={isPending}
            disabled={change === null}
          >
            {action}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
