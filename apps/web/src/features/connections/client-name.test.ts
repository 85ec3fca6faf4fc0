import { expect, test } from "vitest";
import { describeClient } from "./client-name.ts";

test.each([
  [
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Chrome 156 on Linux",
  ],
  [
    "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
    "Edge 156 on Windows",
  ],
  [
    "Mozilla/5.0 (iPhone; CPU iPhone OS 20_0 like Mac OS X) AppleWebKit/605 Version/20.0 Mobile Safari/604",
    "Safari 20 on iOS",
  ],
  ["supabase-py/2.1 realtime", "supabase-py"],
  [undefined, "–"],
])("%s is %s", (agent, words) => expect(describeClient(agent)).toBe(words));
