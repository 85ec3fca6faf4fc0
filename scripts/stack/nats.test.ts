import { expect, test } from "vitest";
import type { Home } from "./home.ts";
import { startNats } from "./nats.ts";

test("a machine without a nats-server is told what to install, in one sentence", () => {
  const home = { logs: "logs" } as Home;
  expect(() => startNats(home, 4_000, () => {}, ["/nowhere"])).toThrow(
    "more than one node needs NATS, and there is no nats-server here; install it (Debian: apt-get install nats-server) or set NATS_URL.",
  );
});
