import Link from "next/link";
import type { ProjectDetail } from "#server/views/project.ts";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "#ui/tabs.tsx";
import { toSnippets } from "./snippets.ts";

export function ConnectCard({ project }: { project: ProjectDetail }) {
  const key = project.publishableKey ?? project.anonKey;
  const snippets = toSnippets({ ...project, key: key ?? "YOUR_PUBLISHABLE_KEY" });
  return (
    <Card aria-label="Connect">
      <CardHeader title="Connect" description="An unmodified client, with this project's address and key." />
      <CardBody>
        <DefinitionList
          items={[
            { term: "Project URL", value: <Copyable text={project.url} what="project URL" /> },
            {
              term: "Publishable key",
              value: key ? (
                <Copyable text={key} what="publishable key" />
              ) : (
                <Link href={`/projects/${project.ref}/keys`} className="text-accent hover:underline">
                  None: create one
                </Link>
              ),
            },
            {
              term: "Database",
              value: (
                <>
                  {project.database.kind === "managed" ? "managed" : "your own"}, its URL is{" "}
                  <Link href={`/projects/${project.ref}/keys`} className="text-accent hover:underline">
                    with the keys
                  </Link>
                </>
              ),
            },
          ]}
        />
        <Tabs defaultValue="supabase-js" className="mt-3">
          <TabsList aria-label="Client">
            {snippets.map(({ id, label }) => (
              <TabsTrigger key={id} value={id}>
                {label}
              </TabsTrigger>
            ))}
          </TabsList>
          {snippets.map(({ id, label, language, text }) => (
            <TabsContent key={id} value={id} className="pt-3">
              <CodeBlock text={text} language={language} label={`${label} snippet`} />
            </TabsContent>
          ))}
        </Tabs>
      </CardBody>
    </Card>
  );
}
