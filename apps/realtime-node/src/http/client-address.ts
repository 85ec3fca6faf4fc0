import type { IncomingHttpHeaders } from "node:http";
import { BlockList, isIP } from "node:net";

interface Arrived {
  headers: IncomingHttpHeaders;
  socket: { remoteAddress?: string | undefined };
}

/** An address or a range of them: `10.0.0.0/8`, `::1`. */
const RANGE = /^([^/]+)(?:\/(\d{1,3}))?$/;

/**
 * Proxies of the operator, which say in `X-Forwarded-For` for whom they speak. Without any, a client is the peer of its
 * socket, whatever its headers claim.
 */
export class TrustedProxies {
  readonly #ranges = new BlockList();

  /** @throws RangeError for text that is neither an address nor a range */
  constructor(ranges: readonly string[] = []) {
    for (const range of ranges) this.#add(range);
  }

  /** The address of whoever the last trusted proxy was spoken to by. Empty when the socket is gone already. */
  clientOf({ headers, socket }: Arrived): string {
    const forwarded = [headers["x-forwarded-for"] ?? []].flat().flatMap((value) => value.split(","));
    let client = toPlain(socket.remoteAddress ?? "");
    // From right to left: what stands left of an untrusted hop may be invented.
    while (this.#includes(client)) {
      const previous = toPlain(forwarded.pop()?.trim() ?? "");
      if (isIP(previous) === 0) break;
      client = previous;
    }
    return client;
  }

  #includes(address: string): boolean {
    const version = isIP(address);
    return version !== 0 && this.#ranges.check(address, version === 4 ? "ipv4" : "ipv6");
  }

  #add(range: string): void {
    const [, address = "", bits] = RANGE.exec(range.trim()) ?? [];
    const version = isIP(address);
    const bitsMax = version === 4 ? 32 : 128;
    if (version === 0 || Number(bits ?? 0) > bitsMax) throw new RangeError(`${range} is no address or range`);
    this.#ranges.addSubnet(
      address,
      bits === undefined ? bitsMax : Number(bits),
      `ipv${version}` as "ipv4" | "ipv6",
    );
  }
}

/** An IPv4 peer of a socket that listens on IPv6 is the same client. */
function toPlain(address: string): string {
  return address.replace(/^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i, "");
}
