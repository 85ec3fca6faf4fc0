"use client";
import type { ConnectionInfo } from "@tidewire/protocol/cluster/inspect";
import { useState } from "react";
import { ConnectionDetail } from "#features/connections/connection-detail.tsx";
import { ConnectionTable, connectionKey } from "#features/connections/connection-table.tsx";
import { RefusalList } from "#features/connections/refusal-list.tsx";
import { useConnections } from "#features/connections/use-connections.ts";
import { Card } from "#ui/card.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Pending } from "#ui/pending.tsx";
import { StatusLine } from "#ui/status-line.tsx";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "#ui/tabs.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";
import { parseTab } from "./search-params.ts";

export function ConnectionsClient({ projectRef }: { projectRef: string }) {
  const [tab, setTab] = useUrlParam("tab", "live");
  return (
    <>
      <PageHeader title="Connections" description="Who is connected, and who was turned away and why." />
      <Tabs value={parseTab(tab)} onValueChange={setTab}>
        <TabsList aria-label="Connections">
          <TabsTrigger value="live">Live</TabsTrigger>
          <TabsTrigger value="refusals">Refusals</TabsTrigger>
        </TabsList>
        <TabsContent value="live">
          <Live projectRef={projectRef} />
        </TabsContent>
        <TabsContent value="refusals">
          <RefusalList projectRef={projectRef} />
        </TabsContent>
      </Tabs>
    </>
  );
}

function Live({ projectRef }: { projectRef: string }) {
  const [opened, setOpened] = useState<ConnectionInfo | undefined>(undefined);
  const { data: view, error, refetch, feed } = useConnections(projectRef);
  const current = view?.connections.find((one) => opened && connectionKey(one) === connectionKey(opened));
  return (
    <>
      <StatusLine feed={feed} survey={view} className="pb-4" />
      {view ? (
        <Card aria-label="Connections">
          <ConnectionTable
            connections={view.connections}
            atMs={view.askedAtMs}
            selected={opened && connectionKey(opened)}
            onOpen={setOpened}
          />
        </Card>
      ) : (
        <Pending error={error} onRetry={() => void refetch()} />
      )}
      {opened ? (
        <ConnectionDetail
          connection={current ?? opened}
          open={current !== undefined}
          atMs={view?.askedAtMs ?? opened.lastByteMs}
          onClose={() => setOpened(undefined)}
        />
      ) : null}
    </>
  );
}
