"use client";
import { PageHeader } from "#ui/page-header.tsx";

export function LogsClient({ projectRef }: { projectRef: string }) {
  return <PageHeader title="Logs" description={`What happened in ${projectRef}, and what it means.`} />;
}
