import type { Metadata } from "next";
import { PoliciesClient } from "./client.tsx";

export const metadata: Metadata = { title: "Policies" };

export default async function PoliciesPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  return <PoliciesClient projectRef={ref} />;
}
