import type { TRPCRouterRecord } from "@trpc/server";
import { CreateKey, OfKey } from "../../lib/schemas/key.ts";
import { createKey } from "../services/keys/create-key.ts";
import { listKeys } from "../services/keys/list-keys.ts";
import { revealSecrets } from "../services/keys/reveal-secrets.ts";
import { revokeKey } from "../services/keys/revoke-key.ts";
import { rotateKey } from "../services/keys/rotate-key.ts";
import { projectAtLeast, projectProcedure } from "../trpc.ts";

export const keysRouter = {
  list: projectProcedure.query(({ ctx }) => listKeys(ctx)),
  create: projectAtLeast("admin")
    .input(CreateKey)
    .mutation(({ ctx, input }) => createKey(ctx, input)),
  revoke: projectAtLeast("admin")
    .input(OfKey)
    .mutation(({ ctx, input }) => revokeKey(ctx, input.id)),
  /** A new key of the same kind and name; the old one keeps working until it is revoked. */
  rotate: projectAtLeast("admin")
    .input(OfKey)
    .mutation(({ ctx, input }) => rotateKey(ctx, input.id)),
  /** Legacy service key, JWT secret, database URL; every look is an audit event. */
  reveal: projectAtLeast("admin").mutation(({ ctx }) => revealSecrets(ctx)),
} satisfies TRPCRouterRecord;
