"use client";
import { useQueryClient } from "@tanstack/react-query";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { Progress } from "./progress.tsx";

export function Created({ projectRef, name }: { projectRef: string; name: string }) {
  const trpc = useTRPC();
  const client = useQueryClient();
  const [ready, setReady] = useState(false);
  const onReady = () => {
    setReady(true);
    void client.invalidateQueries({ queryKey: trpc.projects.pathKey() });
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
