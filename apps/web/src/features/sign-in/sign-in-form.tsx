"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useEffect, useState } from "react";
import { useForm } from "react-hook-form";
import { z } from "zod";
import { authClient } from "#lib/auth-client.ts";
import { Button } from "#ui/button.tsx";
import { ErrorState } from "#ui/error-state.tsx";
import { Field } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";
import { type SignInProblem, toSignInProblem } from "./sign-in-problem.ts";

const Credentials = z.object({
  email: z.email("enter an e-mail address"),
  password: z.string().min(1, "enter the password"),
});
type Credentials = z.infer<typeof Credentials>;

/** Longer than the server waits for its database. */
const ANSWER_MS = 15_000;

/**
 * Neither field has a default value nor waits for this script: a password manager fills them before it runs, and what
 * stands in them then must be kept.
 */
export function SignInForm({ next }: { next: string }) {
  const [problem, setProblem] = useState<SignInProblem | null>(null);
  const [waitSeconds, setWaitSeconds] = useState(0);
  const form = useForm<Credentials>({
    resolver: zodResolver(Credentials),
  });
  const { errors, isSubmitting, isSubmitSuccessful } = form.formState;

  // Not the autofocus attribute: that would take keys before this script can answer Enter.
  useEffect(() => {
    if (document.activeElement === document.body) form.setFocus("email");
  }, [form.setFocus]);

  useEffect(() => {
    if (waitSeconds <= 0) return;
    const timer = setTimeout(() => setWaitSeconds(waitSeconds - 1), 1_000);
    return () => clearTimeout(timer);
  }, [waitSeconds]);

  const submit = form.handleSubmit(async (credentials) => {
    setProblem(null);
    const failed = await signIn(credentials);
    if (failed === null) {
      window.location.assign(next);
      return;
    }
    setProblem(failed);
    setWaitSeconds(failed.waitSeconds);
    form.setError("root", { message: failed.sentence });
    form.resetField("password");
    form.setFocus("password");
  });

  return (
    <form
      onSubmit={(event) => void submit(event)}
      noValidate
      className="flex flex-col gap-4"
      aria-label="Sign in"
    >
      {problem ? <ErrorState sentence={problem.sentence} remedy={problem.remedy} /> : null}
      <Field label="Email" error={errors.email?.message}>
        <Input
          readOnly={false}
          type="email"
          autoComplete="username"
          className="h-9"
          {...form.register("email")}
        />
      </Field>
      <Field label="Password" error={errors.password?.message}>
        <Input
          readOnly={false}
          type="password"
          autoComplete="current-password"
          className="h-9"
          {...form.register("password")}
        />
      </Field>
      <Button
        type="submit"
        variant="primary"
        size="lg"
        busy={isSubmitting || isSubmitSuccessful}
        disabled={waitSeconds > 0}
      >
        {waitSeconds > 0 ? `Locked for ${waitSeconds} s` : "Sign in"}
      </Button>
    </form>
  );
}

async function signIn(credentials: Credentials): Promise<SignInProblem | null> {
  try {
    let retryAfter: string | null = null;
    const { error } = await authClient.signIn.email(credentials, {
      signal: AbortSignal.timeout(ANSWER_MS),
      onError: ({ response }) => {
        retryAfter = response.headers.get("x-retry-after") ?? response.headers.get("retry-after");
      },
    });
    if (error === null) return null;
    const seconds = Number(retryAfter ?? Number.NaN);
    return toSignInProblem({
      status: error.status,
      code: error.code,
      retryAfterSeconds: Number.isFinite(seconds) ? seconds : undefined,
    });
  } catch {
    return toSignInProblem({ status: 0 });
  }
}
