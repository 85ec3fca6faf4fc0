import { Label as RadixLabel } from "radix-ui";
import { type ComponentProps, cloneElement, type ReactElement, type ReactNode, useId } from "react";
import { cn } from "#ui/class-names.ts";

export function Label({ className, ...props }: ComponentProps<typeof RadixLabel.Root>) {
  return <RadixLabel.Root className={cn("font-medium text-sm text-ink", className)} {...props} />;
}

interface ControlProps {
  id?: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
  "aria-required"?: boolean;
}

interface FieldProps {
  label: ReactNode;
  hint?: ReactNode;
  error?: string | undefined;
  required?: boolean;
  /** Stands at the right end of the label's line: a current value, a link. */
  aside?: ReactNode;
  className?: string;
  children: ReactElement<ControlProps>;
}

/** Label, control, hint and error, tied together for screen readers. The error takes the hint's place. */
export function Field({ label, hint, error, required, aside, className, children }: FieldProps) {
  const id = useId();
  const noteId = `${id}-note`;
  const note = error ?? hint;
  return (
    <div className={cn("flex flex-col gap-1.5", className)}>
      <div className="flex items-baseline justify-between gap-4">
        <Label htmlFor={id}>{label}</Label>
        {aside ? <div className="text-faint text-xs">{aside}</div> : null}
      </div>
      {cloneElement(children, {
        id,
        ...(note ? { "aria-describedby": noteId } : {}),
        ...(error ? { "aria-invalid": true } : {}),
        ...(required ? { "aria-required": true } : {}),
      })}
      {note ? (
        <p
          id={noteId}
          role={error ? "alert" : undefined}
          className={cn("text-xs", error ? "text-bad" : "text-faint")}
        >
          {note}
        </p>
      ) : null}
    </div>
  );
}
