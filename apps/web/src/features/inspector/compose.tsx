"use client";
import { zodResolver } from "@hookform/resolvers/zod";
import { useMutation } from "@tanstack/react-query";
import { Controller, useForm, useWatch } from "react-hook-form";
import { z } from "zod";
import { formatMs } from "#lib/format.ts";
import type { Sender } from "#lib/schemas/inspector.ts";
import { useTRPC } from "#trpc/client.tsx";
import { Button } from "#ui/button.tsx";
import { Dialog } from "#ui/dialog.tsx";
import { Field } from "#ui/field.tsx";
import { Input, Textarea } from "#ui/input.tsx";
import { ProblemState } from "#ui/problem-state.tsx";
import { Select } from "#ui/select.tsx";
import { StatusMark } from "#ui/status-mark.tsx";
import { Switch } from "#ui/switch.tsx";
import { checkJsonObject } from "./check-json.ts";

export interface Draft {
  topic: string;
  event: string;
  payload: string;
  private: boolean;
}

const Message = z.object({
  topic: z.string().trim().min(1, "name a topic"),
  event: z.string().trim().min(1, "name an event"),
  payload: z.string().superRefine((text, context) => {
    const check = checkJsonObject(text);
    if (!check.ok) context.addIssue({ code: "custom", message: check.reason });
  }),
  private: z.boolean(),
  as: z.enum(["service", "anon", "user"]),
  sub: z.string(),
});
type Message = z.infer<typeof Message>;

const SENDERS = [
  { value: "service", label: "service", hint: "past every policy" },
  { value: "anon", label: "anon", hint: "judged by the policies" },
  { value: "user", label: "a user", hint: "judged by the policies" },
];

interface ComposeProps {
  projectRef: string;
  draft: Draft;
  open: boolean;
  onOpenChange: (open: boolean) => void;
}

export function Compose({ projectRef, draft, open, onOpenChange }: ComposeProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      placement="side"
      title="Compose"
      description="A broadcast into this project, as if a client had sent it."
    >
      <ComposeForm key={JSON.stringify(draft)} projectRef={projectRef} draft={draft} />
    </Dialog>
  );
}

function ComposeForm({ projectRef, draft }: { projectRef: string; draft: Draft }) {
  const trpc = useTRPC();
  const send = useMutation(trpc.inspector.send.mutationOptions());
  const { register, control, handleSubmit, formState, setError } = useForm<Message>({
    resolver: zodResolver(Message),
    mode: "onChange",
    defaultValues: { ...draft, as: "service", sub: "" },
  });
  const as = useWatch({ control, name: "as" });
  const submit = handleSubmit(({ as: kind, sub, ...message }) => {
    if (kind === "user" && sub.trim() === "") {
      setError("sub", { message: "name the user" });
      return;
    }
    const sender: Sender = kind === "user" ? { kind, sub: sub.trim() } : { kind };
    send.mutate({ ref: projectRef, ...message, as: sender });
  });
  const { errors } = formState;

  return (
    <form
      aria-label="Compose a broadcast"
      noValidate
      onSubmit={(event) => void submit(event)}
      className="flex flex-col gap-4"
    >
      <Field label="Topic" error={errors.topic?.message} hint="Without the leading realtime:">
        <Input placeholder="room:1" spellCheck={false} className="font-mono text-xs" {...register("topic")} />
      </Field>
      <Field label="Event" error={errors.event?.message}>
        <Input placeholder="hello" spellCheck={false} className="font-mono text-xs" {...register("event")} />
      </Field>
      <Field label="Payload" error={errors.payload?.message} hint="Valid JSON object">
        <Textarea rows={8} spellCheck={false} {...register("payload")} />
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Controller
          control={control}
          name="as"
          render={({ field }) => (
            <Field label="Send as">
              <Select value={field.value} onValueChange={field.onChange} options={SENDERS} />
            </Field>
          )}
        />
        {as === "user" ? (
          <Field label="User id" error={errors.sub?.message} hint="The token's sub">
            <Input spellCheck={false} className="font-mono text-xs" {...register("sub")} />
          </Field>
        ) : null}
      </div>
      <Controller
        control={control}
        name="private"
        render={({ field }) => (
          <div className="flex items-center gap-2.5 text-sm">
            <Switch id="compose-private" checked={field.value} onCheckedChange={field.onChange} />
            <label htmlFor="compose-private">Private channel</label>
          </div>
        )}
      />
      <Button type="submit" variant="primary" busy={send.isPending} disabled={!formState.isValid}>
        Send broadcast
      </Button>
      <div role="status" aria-label="Result" className="min-h-6 text-sm">
        {send.error ? <ProblemState error={send.error} /> : null}
        {send.data ? (
          <p className="flex items-center gap-2">
            <StatusMark status="ok" /> Accepted by <span className="font-mono text-xs">{send.data.node}</span>{" "}
            in {formatMs(send.data.ms)} (HTTP {send.data.httpStatus}).
          </p>
        ) : null}
      </div>
    </form>
  );
}
