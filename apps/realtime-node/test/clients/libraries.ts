import { createClient as newest } from "@supabase/supabase-js";
import { createClient as of245 } from "supabase-js-2-45";
import { createClient as of280 } from "supabase-js-2-80";
import { WebSocket } from "ws";
import type { ClientLibrary } from "./client.ts";
import { connectStockPhoenix } from "./phoenix-client.ts";
import { type CreateClient, connectSupabase } from "./supabase-client.ts";

interface Release {
  /** Older releases differ from the newest in types the tests do not touch. */
  create: unknown;
  realtime?: object;
  binary?: "kind 3";
  asksForPresence?: boolean;
}

const supabase = (
  version: string,
  { create, binary, realtime = { transport: WebSocket }, asksForPresence = true }: Release,
): ClientLibrary => {
  const options = { create: create as CreateClient, realtime, canSendBytes: binary !== undefined };
  return {
    name: `supabase-js ${version}`,
    vsn: binary === undefined ? "1.0.0" : "2.0.0",
    binary,
    asksForPresence,
    connect: (url, key, userToken) => connectSupabase(options, url, key, userToken),
  };
};

/** The pinned clients of the matrix. */
export const LIBRARIES: readonly ClientLibrary[] = [
  // It brings a WebSocket of its own, and never listens to one that it is given.
  supabase("2.45.6", { create: of245, realtime: {}, asksForPresence: false }),
  supabase("2.80.0", { create: of280 }),
  supabase("2.119.1", { create: newest, binary: "kind 3" }),
  {
    name: "phoenix 1.8.16 on 1.0.0",
    vsn: "1.0.0",
    asksForPresence: true,
    connect: (...where) => connectStockPhoenix({ vsn: "1.0.0" }, ...where),
  },
  {
    name: "phoenix 1.8.16 on 2.0.0",
    vsn: "2.0.0",
    binary: "kind 0",
    asksForPresence: true,
    connect: (...where) => connectStockPhoenix({ vsn: "2.0.0" }, ...where),
  },
  {
    name: "phoenix 1.8.16 on 1.0.0, fallen back to long polling",
    vsn: "1.0.0",
    asksForPresence: true,
    connect: (...where) => connectStockPhoenix({ vsn: "1.0.0", transport: "fallback" }, ...where),
  },
  {
    name: "phoenix 1.8.16 on 2.0.0 by long polling",
    vsn: "2.0.0",
    asksForPresence: true,
    connect: (...where) => connectStockPhoenix({ vsn: "2.0.0", transport: "longpoll" }, ...where),
  },
];
