"use client";
import { useMutation } from "@tanstack/react-query";
import { Eye } from "lucide-react";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { Copyable } from "#ui/copyable.tsx";
import { DefinitionList } from "#ui/definition-list.tsx";
import { toastProblem } from "#ui/toast-problem.ts";

interface LegacyKeysProps {
  projectRef: string;
  anonKey: string | null;
  mayReveal: boolean;
}

/** The JWT pair that older clients use, the secret that signs users' tokens, and the way into the database. */
export function LegacyKeys({ projectRef, anonKey, mayReveal }: LegacyKeysProps) {
  const trpc = useTRPC();
  const reveal = useMutation(trpc.keys.reveal.mutationOptions({ onError: toastProblem }));
  const hidden = <span className="font-mono text-faint text-xs">••••••••</span>;
  return (
    <Card aria-label="Legacy keys">
      <CardHeader
        title="Legacy keys, JWT secret, database"
        description="For clients that want JWTs, for signing your users' tokens, and for making tables and policies. Every look at the secret ones is in the audit log."
        actions={
          <Button
            onClick={() => reveal.mutate({ ref: projectRef })}
            busy={reveal.isPending}
            disabled={!mayReveal || reveal.data !== undefined}
          >
            <Eye className="size-3.5" aria-hidden /> Reveal secrets
          </Button>
        }
      />
      <CardBody>
        <DefinitionList
          items={[
            { term: "anon", value: anonKey ? <Copyable text={anonKey} what="anon key" /> : "–" },
            {
              term: "service_role",
              value: reveal.data ? (
                <Copyable text={reveal.data.serviceRoleKey} what="service role key" />
              ) : (
                hidden
              ),
            },
            {
              term: "JWT secret",
              value: reveal.data ? <Copyable text={reveal.data.jwtSecret} what="JWT secret" /> : hidden,
            },
            {
              term: "Database URL",
              value: reveal.data ? <Copyable text={reveal.data.databaseUrl} what="database URL" /> : hidden,
            },
          ]}
        />
      </CardBody>
    </Card>
  );
}
