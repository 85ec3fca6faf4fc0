import type { ComponentProps } from "react";

/** A named region that scrolls; reachable by keyboard, or its hidden part would be for mice only. */
export function ScrollRegion({ label, children, ...props }: ComponentProps<"section"> & { label: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: see above
    <section aria-label={label} tabIndex={0} {...props}>
      {children}
    </section>
  );
}
