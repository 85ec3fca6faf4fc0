"use client";
import type { ReactNode } from "react";
import { Button } from "#ui/button.tsx";
import { Card, CardHeader } from "#ui/card.tsx";

interface SettingsCardProps {
  title: string;
  description?: string;
  /** What the button that saves says. */
  action: string;
  mayChange: boolean;
  isDirty: boolean;
  isSaving: boolean;
  /** Rejects when the change was refused; it has then been said in a toast. */
  onSave: () => Promise<unknown>;
  onReset: () => void;
  /** The fields. */
  children: ReactNode;
}

/** A group of fields that are saved together. */
export function SettingsCard(props: SettingsCardProps) {
  const { title, description, action, mayChange, isDirty, isSaving, onSave, onReset, children } = props;
  return (
    <Card aria-label={title}>
      <CardHeader title={title} description={description} />
      <form
        aria-label={title}
        noValidate
        onSubmit={(event) => {
          event.preventDefault();
          onSave().catch(() => undefined);
        }}
      >
        <fieldset
          disabled={!mayChange}
          className="grid gap-x-8 gap-y-5 border-t p-4 sm:grid-cols-2 xl:grid-cols-3"
        >
          {children}
        </fieldset>
        <footer className="flex justify-end gap-2 border-t px-4 py-3">
          <Button variant="ghost" onClick={onReset} disabled={!isDirty}>
            Reset
          </Button>
          <Button type="submit" variant="primary" busy={isSaving} disabled={!isDirty || !mayChange}>
            {action}
          </Button>
        </footer>
      </form>
    </Card>
  );
}
