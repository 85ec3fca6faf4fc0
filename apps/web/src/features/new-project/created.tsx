"use client";
import { ArrowRight } from "lucide-react";
import Link from "next/link";
import { useState } from "react";
import { useProjectsChanged } from "#features/project/use-projects-changed.ts";
import type { Provisioning } from "#server/views/project.ts";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { describeSetup } from "./describe-setup.ts";
import { Progress } from "./progress.tsx";

export function Created({ projectRef, name }: { projectRef: string; name: string }) {
  const changed = useProjectsChanged();
  const [provisioning, setProvisioning] = useState<Provisioning | null>(null);
  const { title, usable } = describeSetup(name, provisioning);
  const onProgress = (next: Provisioning) => {
    setProvisioning(next);
    if (next.state !== provisioning?.state) changed();
  };
  return (
    <Card className="max-w-2xl">
      <CardHeader
        title={<span role="status">{title}</span>}
        description={<Copyable text={projectRef} what="project reference" />}
        actions={
          usable ? (
            <Button asChild variant="primary">
              <Link href={`/projects/${projectRef}`}>
                Open project <ArrowRight className="size-3.5" aria-hidden />
              </Link>
            </Button>
          ) : null
        }
      />
      <div className="border-t">
        <Progress projectRef={projectRef} onProgress={onProgress} />
      </div>
    </Card>
  );
}
