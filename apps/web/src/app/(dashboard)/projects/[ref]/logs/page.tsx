import type { Metadata } from "next";
import { LogsClient } from "./client.tsx";

export const metadata: Metadata = { title: "Logs" };

export default async function LogsPage({ params }: { params: Promise<{ ref: string }> }) {
  const { ref } = await params;
  // Nothing to prefetch: the stream begins with what is remembered.
  return <LogsClient projectRef={ref} />;
}
