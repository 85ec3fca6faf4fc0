import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Resources } from "../src/server/resources.ts";
import { serveTenantApi } from "../src/server/tenant-api/serve.ts";

/** The route handler on a port of its own, for nodes that forward to it. */
export interface TenantApiServer extends AsyncDisposable {
  readonly url: string;
}

export async function startTenantApi(resources: () => Resources): Promise<TenantApiServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const answer = await serveTenantApi(
      new Request(`http://${request.headers.host}${request.url}`, {
        method: request.method ?? "GET",
        headers: Object.entries(request.headers).map(([name, value]): [string, string] => [
          name,
          String(value),
        ]),
        ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
      }),
      resources(),
    );
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    response.end(Buffer.from(await answer.arrayBuffer()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
