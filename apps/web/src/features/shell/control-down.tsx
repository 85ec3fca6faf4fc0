"use client";
import { useRouter } from "next/navigation";
import { useEffect } from "react";
import { ErrorState } from "#ui/error-state.tsx";
import { Logo } from "./logo.tsx";

const RETRY_MS = 4_000;

interface ControlDownProps {
  sentence: string;
  remedy: string | null;
}

/** In place of the whole dashboard while it cannot know who asks; looks again by itself. */
export function ControlDown({ sentence, remedy }: ControlDownProps) {
  const router = useRouter();
  useEffect(() => {
    const timer = setInterval(() => router.refresh(), RETRY_MS);
    return () => clearInterval(timer);
  }, [router]);
  return (
    <main className="mx-auto flex min-h-dvh max-w-lg flex-col justify-center gap-6 px-4">
      <p className="flex items-center gap-2 font-semibold">
        <Logo className="size-5" /> Tidewire
      </p>
      <ErrorState sentence={sentence} remedy={remedy} onRetry={() => router.refresh()} />
    </main>
  );
}
