"use client";
import { useFormContext } from "react-hook-form";
import type { CreateProject } from "#lib/schemas/project.ts";
import type { RegionView } from "#server/views/fleet.ts";
import { DefinitionList } from "#ui/definition-list.tsx";
import { withoutPassword } from "./without-password.ts";

export function ReviewStep({ regions }: { regions: readonly RegionView[] }) {
  const { getValues } = useFormContext<CreateProject>();
  const { name, region, database } = getValues();
  const regionName = regions.find(({ id }) => id === region)?.name;
  return (
    <>
      <DefinitionList
        items={[
          { term: "Name", value: name },
          { term: "Region", value: regionName ? `${regionName} (${region})` : region },
          {
            term: "Database",
            value:
              database.kind === "managed" ? (
                "Managed: a new database"
              ) : (
                <span className="break-all font-mono text-xs">{withoutPassword(database.url)}</span>
              ),
          },
        ]}
      />
      <p className="text-muted text-sm">
        {database.kind === "managed"
          ? "A database, its roles, the realtime schema, a publication and the project's keys are made."
          : "Roles, auth.* functions, the realtime schema and a publication are added to your database. What is there already is kept."}
      </p>
    </>
  );
}
