import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** Ports on which nobody listens at this moment, all different. Another process may take one before it is used. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = await Promise.all(
    Array.from({ length: count }, async () => {
      const probe = createServer().listen(0, "127.0.0.1");
      await once(probe, "listening");
      return probe;
    }),
  );
  const ports = probes.map((probe) => (probe.address() as AddressInfo).port);
  await Promise.all(
    probes.map(async (probe) => {
      probe.close();
      await once(probe, "close");
    }),
  );
  return ports;
}
