"use client";
import Link from "next/link";
import { useState } from "react";
import { useAskChange } from "#features/database/change-dialog.tsx";
import { toSqlText } from "#lib/database-change.ts";
import { formatCount } from "#lib/format.ts";
import type { Publish } from "#lib/schemas/database.ts";
import type { PublicationTable, PublicationView } from "#server/views/database.ts";
import { Button } from "#ui/button.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { Field } from "#ui/field.tsx";
import { Textarea } from "#ui/input.tsx";
import { type Status, StatusMark } from "#ui/status-mark.tsx";
import { WithCode } from "#ui/with-code.tsx";
import { ColumnChoice } from "./column-choice.tsx";
import { tableKey } from "./table-key.ts";
import { type TableWarning, warningsOf } from "./table-warnings.ts";

interface TableDetailProps {
  projectRef: string;
  table: PublicationTable;
  publishes: PublicationView["publishes"];
  mayChange: boolean;
  onClose: () => void;
}

export function TableDetail({ projectRef, table, publishes, mayChange, onClose }: TableDetailProps) {
  const warnings = warningsOf(table, publishes);
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      placement="side"
      title={tableKey(table)}
      description={table.publishedAs === null ? "Not published" : "Published: its changes are streamed"}
    >
      <div className="flex flex-col gap-6">
        {warnings.length > 0 ? (
          <ul aria-label="To look at" className="flex flex-col gap-4">
            {warnings.map((warning) => (
              <li key={warning.id}>
                <Warning warning={warning} mayChange={mayChange} />
              </li>
            ))}
          </ul>
        ) : null}
        <StreamedForm key={toFormKey(table)} table={table} mayChange={mayChange} />
        <DefinitionList
          items={[
            { term: "Primary key", value: table.primaryKey.join(", ") || "none" },
            { term: "Replica identity", value: table.identity },
            { term: "Owner", value: table.owner },
            {
              term: "Rows",
              value: table.estimatedRows === null ? "–" : `about ${formatCount(table.estimatedRows)}`,
            },
            {
              term: "Policies",
              value: (
                <Link
                  href={`/projects/${projectRef}/policies?table=${encodeURIComponent(tableKey(table))}`}
                  className="text-accent hover:underline"
                >
                  {table.rowSecurity
                    ? `row security on, ${table.readPolicies} decide who reads`
                    : "row security off"}
                </Link>
              ),
            },
          ]}
        />
      </div>
    </Dialog>
  );
}

/** What was saved meanwhile, by this form or by somebody else, begins it anew. */
function toFormKey({ columns, filter, publishedAs }: PublicationTable): string {
  return JSON.stringify([columns.map(({ name, isPublished }) => [name, isPublished]), filter, publishedAs]);
}

const MARK: Record<TableWarning["tone"], Status> = { bad: "bad", warn: "warn", hint: "idle" };

function Warning({
  warning: { tone, sentence, fix },
  mayChange,
}: {
  warning: TableWarning;
  mayChange: boolean;
}) {
  const ask = useAskChange();
  return (
    <div className="flex gap-2.5">
      <StatusMark status={MARK[tone]} className="mt-1" />
      <div className="min-w-0 flex-1">
        <p className="text-sm">
          <WithCode text={sentence} />
        </p>
        {fix ? (
          <CodeBlock
            text={fix.kind === "run" ? toSqlText(fix.change) : fix.sql}
            language="sql"
            label="What ends it"
            wrap
            className="mt-2"
          />
        ) : null}
        {fix?.kind === "run" && mayChange ? (
          <Button size="sm" className="mt-2" onClick={() => ask(fix.change)}>
            Run this
          </Button>
        ) : null}
      </div>
    </div>
  );
}

function StreamedForm({ table, mayChange }: { table: PublicationTable; mayChange: boolean }) {
  const ask = useAskChange();
  const isPublished = table.publishedAs !== null;
  const before = table.columns.filter((column) => !isPublished || column.isPublished).map(({ name }) => name);
  const [columns, setColumns] = useState<readonly string[]>(before);
  const [filter, setFilter] = useState(table.filter ?? "");
  const isFixed = table.publishedAs === "schema" || table.publishedAs === "all-tables";
  const isChanged = columns.join() !== before.join() || filter.trim() !== (table.filter ?? "");
  const change: Publish = {
    kind: "publish",
    schema: table.schema,
    table: table.table,
    again: isPublished,
    columns: columns.length === table.columns.length ? null : [...columns],
    filter: filter.trim() === "" ? null : filter.trim(),
  };
  if (isFixed) {
    return (
      <p className="text-muted text-sm">
        The publication names {table.publishedAs === "schema" ? "this table's schema" : "all tables"}: columns
        and a row filter can only be given to a table that it names itself.
      </p>
    );
  }
  return (
    <form
      aria-label="What is streamed"
      onSubmit={(event) => {
        event.preventDefault();
        ask(change);
      }}
      className="flex flex-col gap-4"
    >
      <fieldset disabled={!mayChange} className="contents">
        <ColumnChoice columns={table.columns} chosen={columns} onChange={setColumns} />
        <Field
          label="Row filter"
          hint="Only rows for which it is true are streamed. Simple expressions over this table's columns; Postgres checks it."
        >
          <Textarea
            rows={3}
            spellCheck={false}
            placeholder="archived = false"
            value={filter}
            onChange={(event) => setFilter(event.target.value)}
          />
        </Field>
      </fieldset>
      <Button
        type="submit"
        variant="primary"
        className="self-start"
        disabled={!mayChange || columns.length === 0 || (isPublished && !isChanged)}
      >
        {isPublished ? "Change what is streamed" : "Publish this table"}
      </Button>
    </form>
  );
}
