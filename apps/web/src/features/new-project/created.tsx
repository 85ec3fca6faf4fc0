"use client";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useProjectsChanged } from "#features/project/use-projects-changed.ts";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { Progress } from "./progress.tsx";

export function Created({ projectRef, name }: { projectRef: string; name: string }) {
  const changed = useProjectsChanged();
  const [ready, setReady] = useState(false);
  const onReady = () => {
    setReady(true);
    changed();
  };
  return (
    <Card className="max-w-2xl">
      <CardHeader
        title={ready ? `${name} is ready` : `Setting up ${name}`}
        description={<Copyable text={projectRef} what="project reference" />}
        actions={
          ready ? (
            <Button asChild variant="primary">
              <Link href={`/projects/${projectRef}`}>
                Open project <ArrowRight className="size-3.5" aria-hidden />
              </Link>
            </Button>
          ) : null
        }
      />
      <div className="border-t">
        <Progress projectRef={projectRef} onReady={onReady} />
      </div>
    </Card>
  );
}
