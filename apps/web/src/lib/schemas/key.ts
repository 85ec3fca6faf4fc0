import { z } from "zod";
import { OfProject } from "./project.ts";

export const KeyKind = z.enum(["publishable", "secret"]);
export type KeyKind = z.infer<typeof KeyKind>;

export const CreateKey = OfProject.extend({
  kind: KeyKind,
  name: z.string().trim().min(1, "give the key a name").max(60, "at most 60 characters"),
});
export const OfKey = OfProject.extend({ id: z.string() });
