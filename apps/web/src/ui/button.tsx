"use client";
import { cva, type VariantProps } from "class-variance-authority";
import { Loader2 } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "#ui/class-names.ts";
import { useHydrated } from "#ui/use-hydrated.ts";

const buttonStyle = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 whitespace-nowrap rounded-md font-medium text-sm transition-colors select-none disabled:pointer-events-none [&_svg]:shrink-0",
  {
    variants: {
      variant: {
        primary: "bg-accent text-accent-ink hover:bg-accent/88",
        secondary: "border border-line-strong/60 bg-surface text-ink hover:bg-raised",
        ghost: "text-muted hover:bg-raised hover:text-ink",
        danger: "border border-bad/50 bg-bad-soft text-bad hover:bg-bad hover:text-bad-ink",
      },
      size: {
        md: "h-8 px-3",
        sm: "h-7 px-2 text-xs",
        lg: "h-9 px-4",
        icon: "size-8",
        "icon-sm": "size-6 rounded-sm",
      },
    },
    defaultVariants: { variant: "secondary", size: "md" },
  },
);

type ButtonProps = ComponentProps<"button"> &
  VariantProps<typeof buttonStyle> & {
    /** Renders the single child (a link) with the look of a button. */
    asChild?: boolean;
    /** Shows a spinner in place of the icon and refuses presses; the width does not change. */
    busy?: boolean;
  };

export function Button({
  className,
  variant,
  size,
  asChild,
  busy,
  children,
  disabled,
  type,
  ...props
}: ButtonProps) {
  const hydrated = useHydrated();
  const off = disabled || busy;
  const style = cn(buttonStyle({ variant, size }), off && "opacity-50", className);
  if (asChild) {
    return (
      <Slot.Root className={style} {...props}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button
      type={type ?? "button"}
      className={style}
      disabled={off || !hydrated}
      aria-busy={busy || undefined}
      {...props}
    >
      {busy ? <Loader2 className="size-3.5 animate-spin" aria-hidden /> : null}
      {children}
    </button>
  );
}
