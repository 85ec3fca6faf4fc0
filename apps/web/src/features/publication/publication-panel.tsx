"use client";
import { ChangeProvider } from "#features/database/change-dialog.tsx";
import { mayDevelop } from "#features/project/role.ts";
import { useProject } from "#features/project/use-project.ts";
import { plural } from "#lib/format.ts";
import type { PublicationView } from "#server/views/database.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { ErrorState } from "#ui/error-state.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { SkeletonRows } from "#ui/skeleton.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";
import { PublicationTables } from "./publication-tables.tsx";
import { TableDetail } from "./table-detail.tsx";
import { tableKey } from "./table-key.ts";
import { warningsOf } from "./table-warnings.ts";
import { usePublication } from "./use-publication.ts";

/** Which tables are streamed, and what of them. */
export function PublicationPanel({ projectRef }: { projectRef: string }) {
  const { data: view, error, refetch } = usePublication(projectRef);
  const mayChange = mayDevelop(useProject(projectRef).data?.role);
  const [opened, setOpened] = useUrlParam("table");
  if (!view && error) return <ProblemState error={error} onRetry={() => void refetch()} />;
  if (!view) {
    return (
      <Card role="status" aria-label="Loading publication">
        <SkeletonRows />
      </Card>
    );
  }
  if (!view.exists) return <NoPublication name={view.name} />;
  const table = view.tables.find((one) => tableKey(one) === opened);
  return (
    <ChangeProvider projectRef={projectRef}>
      <Card aria-label="Publication">
        <CardHeader
          title={
            <>
              Publication <span className="font-mono text-sm">{view.name}</span>
            </>
          }
          description={describe(view)}
        />
        <div className="border-t">
          <PublicationTables view={view} mayChange={mayChange} selected={opened} onOpen={setOpened} />
        </div>
      </Card>
      {table ? (
        <TableDetail
          key={opened}
          projectRef={projectRef}
          table={table}
          publishes={view.publishes}
          mayChange={mayChange}
          onClose={() => setOpened("")}
        />
      ) : null}
    </ChangeProvider>
  );
}

function describe({ tables, publishes }: PublicationView): string {
  const published = tables.filter(({ publishedAs }) => publishedAs !== null);
  const failing = published.filter((table) =>
    warningsOf(table, publishes).some(({ id }) => id === "unidentified"),
  );
  const count = `${published.length} of ${plural(tables.length, "table")} published`;
  const events = (["insert", "update", "delete"] as const).filter((event) => publishes[event]);
  const what = events.length === 3 ? "" : `; of ${events.join(" and ").toUpperCase() || "nothing"} only`;
  const trouble = failing.length === 0 ? "" : `; on ${failing.length} of them Postgres refuses updates`;
  return `${count}${what}${trouble}. A change here counts for channels that are open within seconds.`;
}

function NoPublication({ name }: { name: string }) {
  return (
    <Card aria-label="Publication">
      <CardBody className="flex flex-col gap-3 pt-4">
        <ErrorState
          code="RealtimeDisabledForConfiguration"
          sentence={`The publication ${name} does not exist: no row change is streamed.`}
          remedy="Somebody dropped it. Create it again in the project's database:"
        />
        <CodeBlock text={`create publication ${name};`} language="sql" label="What creates it" />
      </CardBody>
    </Card>
  );
}
