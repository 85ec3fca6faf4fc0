"use client";
import type { PolicyTable, TablePolicy } from "@tidewire/db/policy-tables";
import { RefreshCw } from "lucide-react";
import { useMemo, useState } from "react";
import { ChangeProvider } from "#features/database/change-dialog.tsx";
import { DropPolicy } from "#features/policies/drop-policy.tsx";
import { EditPolicy } from "#features/policies/edit-policy.tsx";
import { NewPolicy } from "#features/policies/new-policy.tsx";
import { type Said, saidBy } from "#features/policies/said.ts";
import { Simulator } from "#features/policies/simulator.tsx";
import { TableCard } from "#features/policies/table-card.tsx";
import { usePolicies } from "#features/policies/use-policies.ts";
import { mayDevelop } from "#features/project/role.ts";
import { useProject } from "#features/project/use-project.ts";
import { isMessages } from "#lib/policies/describe-policy.ts";
import type { SimulationView } from "#server/views/policies.ts";
import { Button } from "#ui/button.tsx";
import { Card } from "#ui/card.tsx";
import { EmptyState } from "#ui/empty-state.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";

const NOBODY: ReadonlyMap<string, Said> = new Map();

type Opened = { table: PolicyTable } & ({ act: "create" } | { act: "edit" | "drop"; policy: TablePolicy });

export function PoliciesClient({ projectRef }: { projectRef: string }) {
  const { data: view, error, refetch, isFetching, dataUpdatedAt } = usePolicies(projectRef);
  const role = useProject(projectRef).data?.role;
  const [opened, setOpened] = useState<Opened | null>(null);
  const [result, setResult] = useState<SimulationView | null>(null);
  const said = useMemo(() => saidBy(result), [result]);

  return (
    <ChangeProvider projectRef={projectRef}>
      <PageHeader
        title="Policies"
        description="Who may join private channels, and who is sent which rows: as the database has it now."
        actions={
          <>
            <Button asChild variant="ghost" className="xl:hidden">
              <a href="#simulator">Simulator</a>
            </Button>
            <Button variant="ghost" busy={isFetching} onClick={() => void refetch()}>
              <RefreshCw className="size-3.5" aria-hidden /> Read again
            </Button>
          </>
        }
      />
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,1fr)_420px]">
        <div className="flex min-w-0 flex-col gap-4">
          {error ? <ProblemState error={error} onRetry={() => void refetch()} /> : null}
          {role !== undefined && !mayDevelop(role) ? (
            <p className="text-muted text-sm">
              You may look and simulate; a change takes the role developer.
            </p>
          ) : null}
          {view?.tables.map((table) => (
            <TableCard
              key={`${table.schema}.${table.table}`}
              table={table}
              mayChange={mayDevelop(role) && (table.owned || view.isManaged)}
              isOwn={table.owned || view.isManaged}
              said={isMessages(table) ? said : NOBODY}
              onCreate={() => setOpened({ table, act: "create" })}
              onEdit={(policy) => setOpened({ table, act: "edit", policy })}
              onDrop={(policy) => setOpened({ table, act: "drop", policy })}
            />
          ))}
          {view?.tables.every(isMessages) ? <NoTable /> : null}
          {view?.isCut ? <p className="text-muted text-sm">Further published tables are not shown.</p> : null}
          {!view && !error ? (
            <Card>
              <SkeletonRows />
            </Card>
          ) : null}
        </div>
        <div id="simulator" className="min-w-0 scroll-mt-16 xl:sticky xl:top-16">
          <Simulator projectRef={projectRef} version={dataUpdatedAt} onResult={setResult} />
        </div>
      </div>
      {opened ? <Panel projectRef={projectRef} opened={opened} onClose={() => setOpened(null)} /> : null}
    </ChangeProvider>
  );
}

function Panel({ opened, ...rest }: { projectRef: string; opened: Opened; onClose: () => void }) {
  const { table } = opened;
  switch (opened.act) {
    case "create":
      return <NewPolicy table={table} {...rest} />;
    case "edit":
      return <EditPolicy table={table} policy={opened.policy} {...rest} />;
    case "drop":
      return <DropPolicy table={table} policy={opened.policy} {...rest} />;
  }
}

const PUBLISH = `alter publication supabase_realtime add table public.messages;
alter table public.messages enable row level security;`;

function NoTable() {
  return (
    <Card>
      <EmptyState
        title="No table is published"
        code={{ text: PUBLISH, language: "sql", label: "Publish a table" }}
      >
        Tables of the publication supabase_realtime appear here, each with its policies.
      </EmptyState>
    </Card>
  );
}
