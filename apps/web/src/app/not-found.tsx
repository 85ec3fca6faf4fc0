import Link from "next/link";
import { Button } from "#ui/button.tsx";
import { EmptyState } from "#ui/empty-state.tsx";

export default function NotFound() {
  return (
    <main className="flex min-h-dvh items-center">
      <EmptyState
        title="There is no such page"
        action={
          <Button asChild variant="primary">
            <Link href="/projects">All projects</Link>
          </Button>
        }
      >
        The address may be mistyped, or the project has been deleted.
      </EmptyState>
    </main>
  );
}
