import "server-only";

import { TRPCError } from "@trpc/server";
import { Problem } from "#server/problem.ts";
import type { Me } from "#server/views/me.ts";
import { getCaller } from "./server.tsx";

type SessionState =
  | { kind: "signed-in"; me: Me }
  | { kind: "signed-out" }
  | { kind: "problem"; sentence: string; remedy: string | null };

/** Who is signed in; a control database that is down is told apart from being signed out. */
export async function readSession(): Promise<SessionState> {
  try {
    const caller = await getCaller();
    return { kind: "signed-in", me: await caller.me.session() };
  } catch (error) {
    const problem = problemOf(error);
    if (problem?.code === "SignedOut") return { kind: "signed-out" };
    if (problem) return { kind: "problem", sentence: problem.message, remedy: problem.remedy };
    throw error;
  }
}

function problemOf(error: unknown): Problem | null {
  if (error instanceof Problem) return error;
  return error instanceof TRPCError && error.cause instanceof Problem ? error.cause : null;
}
