import { migrateTenant } from "@tidewire/db/tenant-migrations";
import { withProjectConnection } from "./project-connection.ts";
import type { StepContext } from "./step-context.ts";

/** Everything that nodes and clients need; what is there already, also by Supabase's hand, stays. */
export async function migrateProjectDatabase({ plane, project, note }: StepContext): Promise<void> {
  await withProjectConnection(plane, project.ref, (client) =>
    migrateTenant(client, {
      onStep: ({ title, state }) => {
        if (state === "running") note(title);
      },
    }),
  );
}
