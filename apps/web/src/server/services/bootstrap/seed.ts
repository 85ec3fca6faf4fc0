import { readFile } from "node:fs/promises";
import { isProjectRef } from "@tidewire/protocol/ids";
import { ProjectLimits, ProjectSettings } from "@tidewire/protocol/project";
import { z } from "zod";

/** Typing errors in a name must not pass as "use the default". */
const SeedProject = z.strictObject({
  name: z.string().trim().min(1).max(60),
  ref: z
    .string()
    .refine(isProjectRef, "a ref is 20 letters and digits, the first one a letter")
    .transform((ref): string => ref)
    .optional(),
  region: z.string().optional(),
  limits: z.strictObject(ProjectLimits.partial().shape).optional(),
  settings: z.strictObject(ProjectSettings.partial().shape).optional(),
});
export type SeedProject = z.infer<typeof SeedProject>;

const Seed = z.strictObject({ projects: z.array(SeedProject) });

export const DEFAULT_SEED: readonly SeedProject[] = [{ name: "Demo", ref: "demo0000000000000000" }];

/** The seed file is of no use; `message` says why in one sentence. */
export class SeedUnusable extends Error {
  override readonly name = "SeedUnusable";
}

/** @throws SeedUnusable */
export async function readSeed(file: string): Promise<readonly SeedProject[]> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new SeedUnusable(`The seed file ${file} cannot be read.`, { cause });
  });
  return parseSeed(text, file);
}

/** @throws SeedUnusable */
export function parseSeed(text: string, file: string): readonly SeedProject[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new SeedUnusable(`The seed file ${file} is not JSON.`, { cause });
  }
  const parsed = Seed.safeParse(json);
  if (parsed.success) return parsed.data.projects;
  const issue = parsed.error.issues[0];
  throw new SeedUnusable(
    `The seed file ${file} is not usable at ${issue?.path.join(".") || "its top"}: ${issue?.message}.`,
  );
}
