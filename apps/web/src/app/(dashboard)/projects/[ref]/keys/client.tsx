"use client";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { CreateKey } from "#features/keys/create-key.tsx";
import { KeyTable } from "#features/keys/key-table.tsx";
import { LegacyKeys } from "#features/keys/legacy-keys.tsx";
import { MadeKey } from "#features/keys/made-key.tsx";
import { mayAdminister } from "#features/project/role.ts";
import { useProject } from "#features/project/use-project.ts";
import type { CreatedKey } from "#server/views/key.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";

export function KeysClient({ projectRef }: { projectRef: string }) {
  const trpc = useTRPC();
  const [made, setMade] = useState<CreatedKey | null>(null);
  const { data, error, refetch } = useQuery(trpc.keys.list.queryOptions({ ref: projectRef }));
  const mayChange = mayAdminister(useProject(projectRef).data?.role);

  return (
    <>
      <PageHeader
        title="Keys"
        description="What clients identify this project with."
        actions={mayChange ? <CreateKey projectRef={projectRef} onMade={setMade} /> : null}
      />
      {data ? (
        <div className="flex flex-col gap-4">
          <Card aria-label="API keys">
            <KeyTable projectRef={projectRef} keys={data.keys} mayChange={mayChange} onMade={setMade} />
          </Card>
          <LegacyKeys projectRef={projectRef} anonKey={data.anonKey} mayReveal={mayChange} />
        </div>
      ) : (
        <Pending error={error} onRetry={() => void refetch()} />
      )}
      <MadeKey made={made} onClose={() => setMade(null)} />
    </>
  );
}
