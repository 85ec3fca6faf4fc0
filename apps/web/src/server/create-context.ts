import type { Context } from "./context.ts";

export async function createContext(_headers: Headers): Promise<Context> {
  throw new Error("being written");
}
