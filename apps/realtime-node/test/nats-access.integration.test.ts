import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { nkeys } from "@nats-io/transport-node";
import { findNatsServer, startNats } from "@tidewire/testkit/nats";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { connectNatsBus } from "../src/bus/nats-bus.ts";
import type { NatsAccess } from "../src/bus/nats-options.ts";
import { createLog } from "../src/log.ts";

const log = createLog({ level: "silent", fields: {} });
const run = promisify(execFile);

/** `openssl` makes an authority in `folder`, and certificates that it has signed. */
async function createCertificates(folder: string): Promise<void> {
  const openssl = (...args: string[]) => run("openssl", args, { cwd: folder });
  const request = ["req", "-newkey", "rsa:2048", "-nodes", "-batch"];
  for (const authority of ["ca", "stranger"]) {
    const subject = ["-subj", `/CN=${authority}`, "-keyout", `${authority}.key`, "-out", `${authority}.pem`];
    await openssl(...request, "-x509", "-days", "2", ...subject);
  }
  await writeFile(path.join(folder, "names"), "subjectAltName=IP:127.0.0.1,DNS:localhost\n");
  for (const name of ["server", "client"]) {
    await openssl(...request, "-subj", `/CN=${name}`, "-keyout", `${name}.key`, "-out", `${name}.csr`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names"];
    await openssl("x509", "-req", "-days", "2", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signed);
  }
}

type KeyPair = ReturnType<typeof nkeys.createUser>;

/** An operator with one account and one user, as `nsc` would make them. */
function createOperator(): { settings: string[]; creds: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()];
  const operatorJwt = signClaims(operator, operator, { type: "operator" });
  const limits = {
    subs: -1,
    conn: -1,
    leaf: -1,
    imports: -1,
    exports: -1,
    data: -1,
    payload: -1,
    wildcards: true,
  };
  const accountJwt = signClaims(operator, account, { type: "account", limits });
  const userJwt = signClaims(account, user, { type: "user", subs: -1, data: -1, payload: -1 });
  const seed = new TextDecoder().decode(user.getSeed());
  return {
    settings: [
      `operator: "${operatorJwt}"`,
      "resolver: MEMORY",
      `resolver_preload: { ${account.getPublicKey()}: "${accountJwt}" }`,
    ],
    creds: [
      "-----BEGIN NATS USER JWT-----",
      userJwt,
      "------END NATS USER JWT------",
      "-----BEGIN USER NKEY SEED-----",
      seed,
      "------END USER NKEY SEED------",
      "",
    ].join("\n"),
  };
}

function signClaims(issuer: KeyPair, subject: KeyPair, nats: object): string {
  const claims = {
    jti: randomUUID(),
    iat: Math.floor(Date.now() / 1_000),
    iss: issuer.getPublicKey(),
    sub: subject.getPublicKey(),
    nats: { ...nats, version: 2 },
  };
  const signed = [{ typ: "JWT", alg: "ed25519-nkey" }, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString("base64url"))
    .join(".");
  const signature = Buffer.from(issuer.sign(new TextEncoder().encode(signed))).toString("base64url");
  return `${signed}.${signature}`;
}

/** Whether one can connect, and the server takes what is sent. */
async function tryConnect(url: string, access?: NatsAccess): Promise<string> {
  try {
    await using bus = await connectNatsBus({ url, name: "guest", access }, log);
    await bus.flush();
    return "connected";
  } catch (error) {
    return String(error);
  }
}

describe.skipIf(findNatsServer() === undefined)("a NATS server that guards itself", () => {
  let folder: string;
  const file = (name: string) => path.join(folder, name);
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "tidewire-tls-"));
    await createCertificates(folder);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("by a certificate: the server must be of our authority, and encryption is never given up", async () => {
    const tls = `tls { cert_file: "${file("server.pem")}", key_file: "${file("server.key")}" }`;
    await using nats = await startNats({ settings: [tls] });
    await using open = await startNats();
    const asTls = (url: string) => url.replace("nats://", "tls://");

    expect(await tryConnect(asTls(nats.url), { caFile: file("ca.pem") })).toBe("connected");
    expect(await tryConnect(nats.url, { caFile: file("stranger.pem") })).toMatch(/certificate/);
    expect(await tryConnect(asTls(nats.url))).toMatch(/certificate/);
    expect(await tryConnect(asTls(open.url))).toMatch(/tls/i);
  });

  test("by certificates on both sides: who has none is refused", async () => {
    const files = `cert_file: "${file("server.pem")}", key_file: "${file("server.key")}"`;
    const tls = `tls { ${files}, ca_file: "${file("ca.pem")}", verify: true }`;
    await using nats = await startNats({ settings: [tls] });
    const caFile = file("ca.pem");

    const own = { certFile: file("client.pem"), keyFile: file("client.key") };
    expect(await tryConnect(nats.url, { caFile, ...own })).toBe("connected");
    expect(await tryConnect(nats.url, { caFile })).not.toBe("connected");
  });

  test("by a token, in the variable or in the URL", async () => {
    await using nats = await startNats({ settings: ['authorization { token: "s3cret" }'] });
    expect(await tryConnect(nats.url, { token: "s3cret" })).toBe("connected");
    expect(await tryConnect(nats.url.replace("//", "//s3cret@"))).toBe("connected");
    expect(await tryConnect(nats.url, { token: "wrong" })).toMatch(/[Aa]uthorization/);
  });

  test("by user and password, which count before those of the URL", async () => {
    await using nats = await startNats({ settings: ['authorization { user: tide, password: "w@re" }'] });
    const stale = nats.url.replace("//", "//tide:old@");
    expect(await tryConnect(stale, { user: "tide", password: "w@re" })).toBe("connected");
    expect(await tryConnect(stale)).toMatch(/[Aa]uthorization/);
  });

  test("by a credentials file: a signed JWT and the key it names", async () => {
    const { settings, creds } = createOperator();
    await using nats = await startNats({ settings });
    await writeFile(file("node.creds"), creds);
    await writeFile(file("stranger.creds"), createOperator().creds);
    expect(await tryConnect(nats.url, { credsFile: file("node.creds") })).toBe("connected");
    expect(await tryConnect(nats.url, { credsFile: file("stranger.creds") })).toMatch(/[Aa]uthorization/);
    expect(await tryConnect(nats.url)).toMatch(/[Aa]uthorization/);
  });
});
