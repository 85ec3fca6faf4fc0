"use client";
import { useMutation } from "@tanstack/react-query";
import type { Effect } from "@tidewire/db/policy-dry-run";
import { plural } from "#lib/format.ts";
import type { PolicyChange } from "#lib/schemas/database.ts";
import type { DryRunView } from "#server/views/policies.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Badge } from "#ui/badge.tsx";
import { Button } from "#ui/button.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { ScrollRegion } from "#ui/scroll-region.tsx";
import { StatusMark } from "#ui/status-mark.tsx";

/** Asks, before a change runs, what it would have meant to those who were lately here. */
export function DryRun({ projectRef, change }: { projectRef: string; change: PolicyChange }) {
  const trpc = useTRPC();
  const { mutate, data, error, isPending, variables } = useMutation(trpc.policies.dryRun.mutationOptions());
  // An answer about another draft would be taken for one about this.
  const isCurrent = JSON.stringify(variables?.change) === JSON.stringify(change);
  return (
    <section aria-label="Dry run" className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <p className="min-w-0 flex-1 text-muted text-sm">
          Try it first on those who were lately seen at private topics. Nothing is changed.
        </p>
        <Button size="sm" busy={isPending} onClick={() => mutate({ ref: projectRef, change })}>
          Dry run
        </Button>
      </div>
      {isCurrent && error ? <ProblemState error={error} /> : null}
      {isCurrent && data ? <Outcome view={data} /> : null}
    </section>
  );
}

function Outcome({ view: { asked, unasked, silent, effects } }: { view: DryRunView }) {
  const losers = effects.filter(({ losses }) => losses.length > 0).length;
  const winners = effects.filter(({ gains }) => gains.length > 0).length;
  return (
    <div role="status" aria-label="Outcome" className="rounded-md border">
      <p className="flex items-baseline gap-2 px-3 py-2 text-sm">
        <StatusMark status={losers > 0 ? "warn" : "ok"} label="" className="translate-y-0.5" />
        <span>{headline(asked, winners, losers)}</span>
      </p>
      {effects.length > 0 ? (
        <ScrollRegion label="Effects" className="max-h-56 overflow-y-auto border-t">
          <ul aria-label="Effects" className="divide-y">
            {effects.map((effect) => (
              <EffectRow key={`${effect.role} ${effect.sub} ${effect.topic}`} effect={effect} />
            ))}
          </ul>
        </ScrollRegion>
      ) : null}
      <p className="border-t px-3 py-2 text-faint text-xs">
        Judged by role and user id: other claims are not kept by nodes.
        {unasked > 0 ? ` The time was too short for ${plural(unasked, "other")}.` : ""}
        {silent.length > 0 ? ` Not heard: ${silent.join(", ")}.` : ""}
      </p>
    </div>
  );
}

function headline(asked: number, winners: number, losers: number): string {
  if (asked === 0) return "Nobody was seen at a private topic lately.";
  const of = `Of ${plural(asked, "user at a topic", "users at topics")}`;
  if (winners + losers === 0) return `${of}, nothing changes for anybody.`;
  return `${of}, ${winners} would gain and ${losers} would lose something.`;
}

function EffectRow({ effect: { role, sub, topic, gains, losses } }: { effect: Effect }) {
  return (
    <li className="flex flex-wrap items-center gap-x-2 gap-y-1 px-3 py-1.5">
      <span className="min-w-0 break-all font-mono text-xs">{topic}</span>
      <span className="mr-auto min-w-0 break-all text-faint text-xs">{sub ?? role}</span>
      {gains.map((grant) => (
        <Badge key={grant} tone="ok">
          + {grant}
        </Badge>
      ))}
      {losses.map((grant) => (
        <Badge key={grant} tone="bad">
          − {grant}
        </Badge>
      ))}
    </li>
  );
}
