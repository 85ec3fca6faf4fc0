import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "@playwright/test";
import { build } from "esbuild";

const LAUNCH_ARGS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-background-networking",
];

/** What the page does, as an application would: it is bundled for the browser together with the client. */
const APPLICATION = `
  import { RealtimeClient } from "@supabase/realtime-js";
  import { tidewire } from "${fileURLToPath(new URL("../src/index.ts", import.meta.url))}";
  window.start = ({ url, apikey, topic }) => {
    const realtime = new RealtimeClient(url, {
      params: { apikey },
      accessToken: async () => (await fetch("/token")).text(),
    });
    const live = tidewire(realtime);
    const channel = live.channel(topic);
    const heard = [];
    channel.on("broadcast", { event: "n" }, ({ payload }) => heard.push({ n: payload.n, atMs: Date.now() }));
    window.app = { live, channel, heard };
    return new Promise((resolve) => {
      realtime.setAuth().then(() => channel.subscribe((status) => status === "SUBSCRIBED" && resolve(status)));
    });
  };
`;

export interface TestPage extends AsyncDisposable {
  readonly page: Page;
  /** How often the page has asked for a token. */
  readonly tokensGiven: number;
}

/** A real Chromium, for several pages. `await using` ends it. */
export function launchBrowser(): Promise<Browser> {
  const executablePath = process.env.CHROMIUM ?? "/usr/bin/chromium";
  return chromium.launch({ executablePath, args: LAUNCH_ARGS });
}

/** The application, alone in a Chromium of its own unless it is given one. `await using` ends what it started. */
export async function openPage(token: () => string, shared?: Browser): Promise<TestPage> {
  const { outputFiles } = await build({
    stdin: { contents: APPLICATION, resolveDir: fileURLToPath(new URL(".", import.meta.url)) },
    bundle: true,
    write: false,
    format: "iife",
    platform: "browser",
  });
  const script = outputFiles[0]?.text ?? "";
  let tokensGiven = 0;
  const server = createServer((request, response) => {
    if (request.url === "/token") {
      tokensGiven++;
      response.end(token());
    } else if (request.url === "/app.js") {
      response.setHeader("content-type", "text/javascript").end(script);
    } else {
      response.setHeader("content-type", "text/html").end('<!doctype html><script src="/app.js"></script>');
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const browser = shared ?? (await launchBrowser());
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  return {
    page,
    get tokensGiven() {
      return tokensGiven;
    },
    async [Symbol.asyncDispose]() {
      await (shared === undefined ? browser : page).close();
      server.closeAllConnections();
      server.close();
    },
  };
}
