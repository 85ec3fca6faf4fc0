"use client";
import { PageHeader } from "#ui/page-header.tsx";

export function PoliciesClient({ projectRef }: { projectRef: string }) {
  return (
    <PageHeader title="Policies" description={`Who may read and write what in ${projectRef}, and why.`} />
  );
}
