import type { Metadata } from "next";
import { InspectorClient } from "./client.tsx";

export const metadata: Metadata = { title: "Inspector" };

export default async function InspectorPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  // Nothing to prefetch: a tail has no past but the one the nodes tell when it opens.
  return <InspectorClient projectRef={ref} />;
}
