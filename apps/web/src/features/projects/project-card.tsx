import Link from "next/link";
import { formatCount, formatMs, formatRate } from "#lib/format.ts";
import type { ProjectCard as Project } from "#server/views/project.ts";
import { Card } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { Sparkline } from "#ui/sparkline.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { projectStatus } from "./project-status.ts";

export function ProjectCard({ project }: { project: Project }) {
  const { status, word } = projectStatus(project);
  return (
    <Card className="relative flex flex-col transition-colors hover:border-line-strong">
      <div className="flex items-start justify-between gap-3 px-4 pt-4">
        <div className="min-w-0">
          <h2 className="truncate font-medium text-base">
            {/* The whole card leads to the project; the reference above the link stays pressable. */}
            <Link href={`/projects/${project.ref}`} className="after:absolute after:inset-0 after:rounded-lg">
              {project.name}
            </Link>
          </h2>
          <Copyable
            text={project.ref}
            what={`reference of ${project.name}`}
            className="relative z-10 text-faint"
          />
        </div>
        <span className="flex shrink-0 items-center gap-1.5 pt-0.5 text-muted text-xs">
          <StatusMark status={status} label="" />
          {word}
        </span>
      </div>
      <div className="px-4 pt-4 pb-3">
        <Sparkline
          points={project.messages}
          label={`Messages per second in ${project.name}, last 30 minutes`}
        />
      </div>
      <dl className="mt-auto flex justify-between gap-3 border-t px-4 text-xs">
        <Figure term="Region" value={<span className="font-mono">{project.region}</span>} />
        <Figure term="Connections" value={formatCount(project.connections)} />
        <Figure term="Messages/s" value={formatRate(project.messagesPerSecond)} />
        <Figure term="Lag" value={formatMs(project.lagMs)} />
      </dl>
      {project.problems.length > 0 ? (
        <ul aria-label={`Problems of ${project.name}`} className="border-t px-4 py-2 text-warn text-xs">
          {project.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
      ) : null}
    </Card>
  );
}

function Figure({ term, value }: { term: string; value: React.ReactNode }) {
  return (
    <div className="min-w-0 py-2.5">
      <dt className="truncate text-faint">{term}</dt>
      <dd className="truncate text-sm">{value}</dd>
    </div>
  );
}
