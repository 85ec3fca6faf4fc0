"use client";
import { AlertDialog } from "radix-ui";
import { type ReactNode, useId, useState } from "react";
import { Button } from "#ui/button.tsx";
import { Label } from "#ui/field.tsx";
import { Input } from "#ui/input.tsx";

interface ConfirmDialogProps {
  trigger: ReactNode;
  title: string;
  /** What will happen, and what cannot be undone. */
  children: ReactNode;
  action: string;
  /** When given, the action stays shut until exactly this text has been typed. */
  typeToConfirm?: string;
  /** Runs the action; the dialog closes when it resolves and stays, with the caller's own message, when it throws. */
  onConfirm: () => Promise<unknown>;
}

export function ConfirmDialog({
  trigger,
  title,
  children,
  action,
  typeToConfirm,
  onConfirm,
}: ConfirmDialogProps) {
  const id = useId();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const ready = typeToConfirm === undefined || typed === typeToConfirm;

  const confirm = async () => {
    if (!ready || busy) return;
    setBusy(true);
    try {
      await onConfirm();
      setOpen(false);
    } catch {
      // The caller has said what went wrong; the dialog stays so that the press can be repeated.
    } finally {
      setBusy(false);
    }
  };

  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        setOpen(next);
        setTyped("");
      }}
    >
      <AlertDialog.Trigger asChild>{trigger}</AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Overlay className="fixed inset-0 z-40 bg-black/50 data-[state=open]:animate-in data-[state=open]:fade-in-0" />
        <AlertDialog.Content className="fixed top-[16vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-md -translate-x-1/2 rounded-lg border bg-surface p-5 shadow-pop focus:outline-none">
          <AlertDialog.Title className="font-semibold text-lg">{title}</AlertDialog.Title>
          <AlertDialog.Description asChild>
            <div className="mt-2 text-muted text-sm">{children}</div>
          </AlertDialog.Description>
          <form
            onSubmit={(event) => {
              event.preventDefault();
              void confirm();
            }}
          >
            {typeToConfirm === undefined ? null : (
              <div className="mt-4 flex flex-col gap-1.5">
                <Label htmlFor={id}>
                  Type <span className="font-mono text-accent">{typeToConfirm}</span> to confirm
                </Label>
                <Input
                  id={id}
                  value={typed}
                  onChange={(event) => setTyped(event.target.value)}
                  autoComplete="off"
                  spellCheck={false}
                />
              </div>
            )}
            <div className="mt-5 flex justify-end gap-2">
              <AlertDialog.Cancel asChild>
                <Button variant="ghost">Cancel</Button>
              </AlertDialog.Cancel>
              <Button type="submit" variant="danger" disabled={!ready} busy={busy}>
                {action}
              </Button>
            </div>
          </form>
        </AlertDialog.Content>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
