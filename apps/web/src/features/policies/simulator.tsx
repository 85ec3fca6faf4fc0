"use client";
import { useMutation, useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { SimulationView } from "#server/views/policies.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Card, CardBody, CardHeader } from "#ui/card.tsx";
import { Field } from "#ui/field.tsx";
import { Input, Textarea } from "#ui/input.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { Segmented } from "#ui/segmented.tsx";
import { useUrlParam } from "#ui/use-url-param.ts";
import { type ParsedClaims, parseClaims } from "./claims.ts";
import { SimulationResult } from "./simulation-result.tsx";

const PERSONAS = [
  { value: "user", label: "Signed-in user" },
  { value: "visitor", label: "Visitor" },
  { value: "token", label: "Token or claims" },
] as const;
type Persona = (typeof PERSONAS)[number]["value"];

const SOMEBODY = "00000000-0000-4000-8000-000000000001";
const FIRST_CLAIMS = `{
  "role": "authenticated",
  "sub": "${SOMEBODY}",
  "team": "blue"
}`;

interface SimulatorProps {
  projectRef: string;
  /** Changes when the policies were read again: what is shown would be of yesterday. */
  version: number;
  onResult: (result: SimulationView | null) => void;
}

/** May they, and which policy says so: asked of the database as a node would ask, and rolled back. */
export function Simulator({ projectRef, version, onResult }: SimulatorProps) {
  const trpc = useTRPC();
  const [topic, setTopic] = useUrlParam("topic", "room:1");
  const [asText, setAs] = useUrlParam("as", "user");
  const [user, setUser] = useUrlParam("user", SOMEBODY);
  const [claimsText, setClaimsText] = useState(FIRST_CLAIMS);
  const persona = PERSONAS.find(({ value }) => value === asText)?.value ?? "user";
  const parsed = claimsOf(persona, user, claimsText);
  const users = useRecentUsers(projectRef);
  const simulate = useMutation(trpc.policies.simulate.mutationOptions({ onSuccess: onResult }));
  const { mutate, data, error, variables, isPending } = simulate;
  const run = () => {
    if (parsed.ok && topic.trim() !== "") mutate({ ref: projectRef, topic, claims: parsed.claims });
  };

  const asked = useRef(variables);
  asked.current = variables;
  // biome-ignore lint/correctness/useExhaustiveDependencies: the same question again, because of the version alone
  useEffect(() => {
    if (asked.current) mutate(asked.current);
  }, [version, mutate]);

  return (
    <Card aria-label="Simulator">
      <CardHeader
        title="Simulator"
        description="Who may do what on a private topic, and which policy says so."
      />
      <CardBody>
        <form
          aria-label="Simulator"
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            run();
          }}
          className="flex flex-col gap-4"
        >
          <Segmented
            label="Simulate as"
            value={persona}
            onValueChange={setAs}
            options={PERSONAS}
            className="self-start"
          />
          {persona === "user" ? (
            <Field label="User" hint="The sub of the token; those connected now are offered">
              <Input
                value={user}
                onChange={({ target }) => setUser(target.value)}
                list="simulator-users"
                spellCheck={false}
                autoComplete="off"
                className="font-mono text-xs"
              />
            </Field>
          ) : null}
          {persona === "token" ? (
            <Field
              label="JWT or claims"
              error={parsed.ok ? undefined : parsed.error}
              hint={(parsed.ok ? parsed.note : null) ?? "Claims as JSON, or a token to take them from"}
            >
              <Textarea
                value={claimsText}
                onChange={({ target }) => setClaimsText(target.value)}
                spellCheck={false}
                autoComplete="off"
                rows={6}
              />
            </Field>
          ) : null}
          <datalist id="simulator-users">
            {users.map((id) => (
              <option key={id} value={id} />
            ))}
          </datalist>
          <Field label="Topic" error={topic.trim() === "" ? "name a topic" : undefined}>
            <Input
              value={topic}
              onChange={({ target }) => setTopic(target.value)}
              spellCheck={false}
              autoComplete="off"
              className="font-mono text-xs"
            />
          </Field>
          <Button
            type="submit"
            variant="primary"
            busy={isPending}
            disabled={!parsed.ok || topic.trim() === ""}
            className="self-start"
          >
            Simulate
          </Button>
        </form>
      </CardBody>
      {error ? (
        <ProblemState error={error} onRetry={run} className="mx-4 mb-4" />
      ) : data ? (
        <SimulationResult result={data} />
      ) : null}
    </Card>
  );
}

function claimsOf(persona: Persona, user: string, text: string): ParsedClaims {
  if (persona === "token") return parseClaims(text, Date.now());
  const claims = persona === "visitor" ? { role: "anon" } : { role: "authenticated", sub: user.trim() };
  return { ok: true, claims, note: null };
}

/** People who are connected now: whoever complains is probably among them. */
function useRecentUsers(ref: string): string[] {
  const trpc = useTRPC();
  const { data } = useQuery(trpc.connections.list.queryOptions({ ref }));
  return [...new Set(data?.connections.flatMap(({ user }) => user ?? []))].slice(0, 50);
}
