import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { startTestPostgres, type TestPostgres } from "@tidewire/testkit/postgres";
import { createNode, type RunningNode } from "../../src/app.ts";
import { MemoryBroker, MemoryBus } from "../../src/bus/memory-bus.ts";
import { readEnv } from "../../src/env.ts";
import { createLog, type LogLevel } from "../../src/log.ts";
import { createTestControlPlane, createTestProject, type TestProject } from "../harness/control-plane.ts";
import { createInspectClient } from "../harness/inspect-client.ts";
import { UnreliableBus } from "../unreliable-bus.ts";

/** More turns of the event loop than lie between a message of the bus and its bytes in a socket. */
const TURNS_TO_SOCKET = 8;

interface Member {
  readonly name: string;
  node: RunningNode;
  bus: UnreliableBus;
}

/** A project on a Postgres of its own, and nodes on sockets of their own, all of which may be taken away and given back. */
export class House implements AsyncDisposable {
  readonly postgres: TestPostgres;
  readonly project: TestProject;
  readonly #start: (name: string) => Promise<Member>;
  readonly #members = new Map<string, Member>();
  readonly #nodeSecret: string;
  readonly #ends: (() => Promise<unknown>)[];

  private constructor(parts: {
    postgres: TestPostgres;
    project: TestProject;
    nodeSecret: string;
    start: (name: string) => Promise<Member>;
    ends: (() => Promise<unknown>)[];
  }) {
    this.postgres = parts.postgres;
    this.project = parts.project;
    this.#nodeSecret = parts.nodeSecret;
    this.#start = parts.start;
    this.#ends = parts.ends;
  }

  static async open(sql: string): Promise<House> {
    const ends: (() => Promise<unknown>)[] = [];
    const own = <T extends AsyncDisposable>(resource: T): T => {
      ends.push(async () => resource[Symbol.asyncDispose]());
      return resource;
    };
    const postgres = own(await startTestPostgres({ settings: { fsync: "on", synchronous_commit: "on" } }));
    const controlPostgres = own(await startTestPostgres());
    const control = own(await createTestControlPlane(controlPostgres));
    const project = await createTestProject(control, postgres, { limits: { maxJoinsPerSecond: 1_000 } });
    await project.database.query(sql);
    const stateRoot = await mkdtemp(join(tmpdir(), "tidewire-chaos-"));
    ends.push(() => rm(stateRoot, { recursive: true, force: true }));
    const broker = new MemoryBroker();
    const nodeSecret = randomBytes(32).toString("hex");
    const start = async (name: string): Promise<Member> => {
      const env = readEnv({
        TIDEWIRE_NODE_ID: name,
        TIDEWIRE_PORT: "0",
        TIDEWIRE_ADMIN_PORT: "0",
        TIDEWIRE_CONTROL_DATABASE_URL: control.nodeUrl,
        TIDEWIRE_SECRETS_KEY: control.secretsKey,
        TIDEWIRE_NODE_SECRET: nodeSecret,
        TIDEWIRE_STATE_DIR: join(stateRoot, name),
        TIDEWIRE_DRAIN_MS: "500",
      });
      const bus = new UnreliableBus(new MemoryBus(broker));
      const level = (process.env.TEST_LOG_LEVEL ?? "silent") as LogLevel;
      const node = await createNode(env, { bus, log: createLog({ level, fields: { node: name } }) });
      return { name, node, bus };
    };
    return new House({ postgres, project, nodeSecret, start, ends });
  }

  get names(): string[] {
    return [...this.#members.keys()];
  }

  async add(name: string): Promise<void> {
    this.#members.set(name, await this.#start(name));
  }

  /** Undefined for a node that is not there. */
  urlOf(name: string): string | undefined {
    const member = this.#members.get(name);
    return member && `${member.node.url}/p/${this.project.ref}`;
  }

  /** The node whose home streams, or is about to. */
  async home(): Promise<string | undefined> {
    const { ref } = this.project;
    for (const { name, node } of this.#members.values()) {
      const snapshot = await this.#inspect(node).query("replication", { ref });
      if (snapshot !== null) return name;
    }
    return undefined;
  }

  /** What of a node has been written to a socket arrives; nothing else of it is ever seen again. */
  async kill(name: string): Promise<void> {
    const member = this.#take(name);
    if (member === undefined) return;
    member.bus.isCut = true;
    // What has been confirmed by the bus may still be acknowledged: let it be in the sockets before they are closed.
    for (let turn = 0; turn < TURNS_TO_SOCKET; turn++) await nextTurn();
    await member.node.close();
  }

  async drain(name: string): Promise<void> {
    const member = this.#take(name);
    if (member === undefined) return;
    await member.node.drain();
    await member.node.close();
  }

  /** The home gives its project back but its node lives on. */
  async handOver(name: string): Promise<void> {
    const node = this.#members.get(name)?.node;
    if (node !== undefined) await this.#inspect(node).mutate("shutdown", { ref: this.project.ref });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#members.values()].map(({ node }) => node.close()));
    for (const end of this.#ends.reverse()) await end();
  }

  #take(name: string): Member | undefined {
    const member = this.#members.get(name);
    this.#members.delete(name);
    return member;
  }

  #inspect(node: RunningNode) {
    return createInspectClient(node.adminUrl, this.#nodeSecret);
  }
}
