import { describe, expect, test } from "vitest";
import { TrustedProxies } from "./client-address.ts";

const from = (remoteAddress: string, forwarded?: string) => ({
  socket: { remoteAddress },
  headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
});

describe("[C34] the address of a client", () => {
  test("is the socket's, whatever a header claims, unless a proxy is trusted", () => {
    expect(new TrustedProxies().clientOf(from("10.0.0.1", "1.2.3.4"))).toBe("10.0.0.1");
  });

  const proxies = new TrustedProxies(["10.0.0.0/8", "fd00::/8", "192.0.2.7"]);
  test.each([
    ["a trusted proxy is believed", from("10.0.0.1", "1.2.3.4"), "1.2.3.4"],
    ["as an IPv4 address within IPv6 too", from("::ffff:10.0.0.1", "1.2.3.4"), "1.2.3.4"],
    ["over IPv6", from("fd12::1", "2001:db8::5"), "2001:db8::5"],
    ["a single address", from("192.0.2.7", "1.2.3.4"), "1.2.3.4"],
    ["its neighbour is not", from("192.0.2.8", "1.2.3.4"), "192.0.2.8"],
    ["a chain of trusted proxies", from("10.0.0.1", "1.2.3.4, 10.0.0.2"), "1.2.3.4"],
    [
      "what stands before an untrusted hop is invented",
      from("10.0.0.1", "9.9.9.9, 1.2.3.4, 10.0.0.2"),
      "1.2.3.4",
    ],
    ["nobody said for whom it speaks", from("10.0.0.1"), "10.0.0.1"],
    ["nonsense", from("10.0.0.1", "unknown"), "10.0.0.1"],
    ["all hops trusted", from("10.0.0.1", "10.0.0.3, 10.0.0.2"), "10.0.0.3"],
  ])("%s", (_, request, expected) => {
    expect(proxies.clientOf(request)).toBe(expected);
  });

  test.each(["proxy.internal", "10.0.0.0/33", "10.0.0.0/", "/8", "1.2.3"])("%s is refused", (range) => {
    expect(() => new TrustedProxies([range])).toThrow(RangeError);
  });
});
