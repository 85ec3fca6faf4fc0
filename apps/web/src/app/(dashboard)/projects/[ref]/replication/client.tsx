"use client";
import { RangeChoice, useRange } from "#features/live/range-choice.tsx";
import { PublicationPanel } from "#features/publication/publication-panel.tsx";
import { GapsPanel } from "#features/replication/gaps-panel.tsx";
import { StreamPanel } from "#features/replication/stream-panel.tsx";
import { PageHeader } from "#ui/page-header.tsx";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "#ui/tabs.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";
import { parseTab } from "./search-params.ts";

export function ReplicationClient({ projectRef }: { projectRef: string }) {
  const [tabText, setTab] = useUrlParam("tab", "stream");
  const [range, setRange] = useRange();
  const tab = parseTab(tabText);
  return (
    <>
      <PageHeader
        title="Replication"
        description="How rows get from a commit to a socket, and what holds them up."
        actions={tab === "stream" ? <RangeChoice value={range} onValueChange={setRange} /> : null}
      />
      <Tabs value={tab} onValueChange={setTab}>
        <TabsList aria-label="Replication">
          <TabsTrigger value="stream">Stream</TabsTrigger>
          <TabsTrigger value="publication">Publication</TabsTrigger>
          <TabsTrigger value="gaps">Gaps</TabsTrigger>
        </TabsList>
        <TabsContent value="stream">
          <StreamPanel projectRef={projectRef} range={range} />
        </TabsContent>
        <TabsContent value="publication">
          <PublicationPanel projectRef={projectRef} />
        </TabsContent>
        <TabsContent value="gaps">
          <GapsPanel projectRef={projectRef} />
        </TabsContent>
      </Tabs>
    </>
  );
}
