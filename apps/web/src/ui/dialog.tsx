"use client";
import { X } from "lucide-react";
import { Dialog as RadixDialog } from "radix-ui";
import type { ReactNode } from "react";
import { Button } from "#ui/button.tsx";
import { cn } from "#ui/class-names.ts";

interface DialogProps {
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  trigger?: ReactNode;
  title: string;
  description?: ReactNode;
  children: ReactNode;
  /** `side` slides in from the right: for a detail beside a list. */
  placement?: "centre" | "side" | "left";
  className?: string;
}

const PLACEMENT = {
  centre:
    "top-[12vh] left-1/2 max-h-[80vh] w-[calc(100vw-2rem)] max-w-lg -translate-x-1/2 rounded-lg border data-[state=open]:animate-in data-[state=open]:fade-in-0 data-[state=open]:zoom-in-98",
  side: "top-0 right-0 h-dvh w-full max-w-lg border-l data-[state=open]:animate-in data-[state=open]:slide-in-from-right-8",
  left: "top-0 left-0 h-dvh w-64 border-r data-[state=open]:animate-in data-[state=open]:slide-in-from-left-8",
};

export function Dialog({
  trigger,
  title,
  description,
  children,
  placement = "centre",
  className,
  ...root
}: DialogProps) {
  return (
    <RadixDialog.Root {...root}>
      {trigger ? <RadixDialog.Trigger asChild>{trigger}</RadixDialog.Trigger> : null}
      <RadixDialog.Portal>
        <RadixDialog.Overlay className="fixed inset-0 z-40 bg-black/50 data-[state=open]:animate-in data-[state=open]:fade-in-0" />
        <RadixDialog.Content
          {...(description ? {} : { "aria-describedby": undefined })}
          className={cn(
            "fixed z-50 flex flex-col overflow-y-auto bg-surface shadow-pop duration-150 focus:outline-none",
            PLACEMENT[placement],
            className,
          )}
        >
          <header className="sticky top-0 z-10 flex items-start justify-between gap-4 border-b bg-surface px-5 py-4">
            <div className="min-w-0">
              <RadixDialog.Title className="font-semibold text-lg">{title}</RadixDialog.Title>
              {description ? (
                <RadixDialog.Description className="mt-0.5 text-muted text-sm">
                  {description}
                </RadixDialog.Description>
              ) : null}
            </div>
            <RadixDialog.Close asChild>
              <Button variant="ghost" size="icon-sm" aria-label="Close">
                <X className="size-4" aria-hidden />
              </Button>
            </RadixDialog.Close>
          </header>
          <div className="px-5 py-4">{children}</div>
        </RadixDialog.Content>
      </RadixDialog.Portal>
    </RadixDialog.Root>
  );
}
