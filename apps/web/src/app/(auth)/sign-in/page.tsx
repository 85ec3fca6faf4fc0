import type { Metadata } from "next";
import { Logo } from "#features/shell/logo.tsx";
import { SignInForm } from "#features/sign-in/sign-in-form.tsx";
import { toSafeNext } from "#features/sign-in/sign-in-problem.ts";
import { Copyable } from "#ui/copyable.tsx";

export const metadata: Metadata = { title: "Sign in" };
export const dynamic = "force-dynamic";

interface SignInPageProps {
  searchParams: Promise<Record<string, string | string[] | undefined>>;
}

export default async function SignInPage({ searchParams }: SignInPageProps) {
  const { next } = await searchParams;
  return (
    <main className="flex min-h-dvh items-center justify-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-6 flex items-center gap-2.5">
          <Logo className="size-7" />
          <div>
            <h1 className="font-semibold text-lg leading-6">Sign in to Tidewire</h1>
            <p className="text-muted text-sm">Realtime for Postgres, with proof.</p>
          </div>
        </div>
        <SignInForm next={toSafeNext(typeof next === "string" ? next : undefined)} />
        <section aria-label="First time here" className="mt-8 rounded-lg border bg-surface p-4 text-sm">
          <h2 className="font-medium">First time here?</h2>
          <p className="mt-1 text-muted">
            The first start made a password and printed it. It also stands in{" "}
            <code className="font-mono text-ink text-xs">run.json</code> in{" "}
            <code className="font-mono text-ink text-xs">TIDEWIRE_HOME</code>, under{" "}
            <code className="font-mono text-ink text-xs">admin</code>:
          </p>
          <div className="mt-2 rounded-md border bg-inset px-2.5 py-1.5">
            <Copyable text='cat "${TIDEWIRE_HOME:-.tidewire}/run.json"' what="this command" />
          </div>
        </section>
      </div>
    </main>
  );
}
