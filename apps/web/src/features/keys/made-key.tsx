"use client";
import type { CreatedKey } from "#server/views/key.ts";
import { Button } from "#ui/button.tsx";
import { CodeBlock } from "#ui/code-block.tsx";
import { Dialog } from "#ui/dialog.tsx";

interface MadeKeyProps {
  made: CreatedKey | null;
  onClose: () => void;
}

/** Shows a new key; a secret one for the only time. */
export function MadeKey({ made, onClose }: MadeKeyProps) {
  return (
    <Dialog
      open={made !== null}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
      title="The new key"
      description={
        made?.kind === "secret"
          ? "Copy it now: it is not stored and cannot be shown again."
          : "It is public by design and stays visible in the list."
      }
    >
      {made ? <CodeBlock text={made.key} language="text" label="new key" /> : null}
      <div className="mt-4 flex justify-end">
        <Button variant="primary" onClick={onClose}>
          {made?.kind === "secret" ? "I have copied it" : "Done"}
        </Button>
      </div>
    </Dialog>
  );
}
