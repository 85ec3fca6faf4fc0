import { redirect } from "next/navigation";
import type { ReactNode } from "react";
import { ControlDown } from "#features/shell/control-down.tsx";
import { Shell } from "#features/shell/shell.tsx";
import { readSession } from "#trpc/read-session.ts";
import { api, HydrateClient, prefetch } from "#trpc/server.tsx";

export const dynamic = "force-dynamic";

export default async function DashboardLayout({ children }: { children: ReactNode }) {
  const session = await readSession();
  if (session.kind === "signed-out") redirect("/sign-in");
  if (session.kind === "problem") return <ControlDown sentence={session.sentence} remedy={session.remedy} />;
  await prefetch(api.frame.projects.queryOptions());
  return (
    <HydrateClient>
      <Shell me={session.me}>{children}</Shell>
    </HydrateClient>
  );
}
