import { cn } from "#ui/class-names.ts";

interface StepListProps<Id extends string> {
  steps: readonly { id: Id; title: string }[];
  current: Id;
  /** Only steps already taken can be returned to. */
  onReturn: (id: Id) => void;
}

export function StepList<Id extends string>({ steps, current, onReturn }: StepListProps<Id>) {
  const at = steps.findIndex(({ id }) => id === current);
  return (
    <ol aria-label="Steps" className="flex border-b text-sm">
      {steps.map(({ id, title }, index) => (
        <li
          key={id}
          className={cn("min-w-0", id === current ? "flex-1" : "sm:flex-1")}
          aria-current={id === current ? "step" : undefined}
        >
          <button
            type="button"
            disabled={index >= at}
            onClick={() => onReturn(id)}
            className={cn(
              "flex w-full items-center gap-2 px-5 py-3 text-left disabled:cursor-default",
              index === at ? "text-ink" : "text-faint",
              index < at && "hover:text-ink",
            )}
          >
            <span
              className={cn(
                "flex size-5 shrink-0 items-center justify-center rounded-full border text-2xs",
                index === at && "border-accent text-accent",
                index < at && "border-ok text-ok",
              )}
            >
              {index + 1}
            </span>
            <span className={cn("truncate", index !== at && "hidden sm:inline")}>{title}</span>
          </button>
        </li>
      ))}
    </ol>
  );
}
