import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import type { Claims } from "./claims.ts";

/** A client gives a join 10 s before it tries again; the answer has to be there well before. */
const READ_DEADLINE_MS = 8_000;
const WRITE_DEADLINE_MS = 5_000;

/** The home of a project, as far as policies ask it. Rejects with a `Refusal` that says where and how long. */
export interface Authorizer {
  authorize(ref: string, request: AuthorizeRequest, options: { deadlineMs: number }): Promise<Grants>;
}

/** Whose grants on what. */
export interface Subject {
  ref: string;
  topic: string;
  claims: Claims;
  /** The `x-*` headers of the handshake. */
  headers: Readonly<Record<string, string>>;
}

const EVERYTHING: Grants = { broadcast: true, presence: true };
const NOTHING: Grants = { broadcast: false, presence: false };

/**
 * What one channel may do on its topic (protocol 7). Reading is decided at the join; writing is asked at the first send
 * and then remembered, yes or no, until the next accepted token. A check that failed is not remembered: the next send
 * asks again. Public channels may do everything and never ask.
 */
export class Policies {
  readonly #authorizer: Authorizer | null;
  readonly #subject: Subject;
  #read: Grants;
  #write: Grants | Promise<Grants> | undefined;

  private constructor(authorizer: Authorizer | null, subject: Subject, read: Grants) {
    this.#authorizer = authorizer;
    this.#subject = subject;
    this.#read = read;
  }

  static everything(subject: Subject): Policies {
    return new Policies(null, subject, EVERYTHING);
  }

  static nothing(subject: Subject): Policies {
    return new Policies(null, subject, NOTHING);
  }

  /** Asks what the subject may read. Presence is left open unless asked for (protocol 7.1). */
  static async read(
    authorizer: Authorizer,
    subject: Subject,
    { presence, live }: { presence: boolean; live?: boolean },
  ) {
    const extensions: AuthorizeRequest["extensions"] = presence ? ["broadcast", "presence"] : ["broadcast"];
    const request = { ...toRequest("read", subject, extensions), live };
    const grants = await authorizer.authorize(subject.ref, request, { deadlineMs: READ_DEADLINE_MS });
    return new Policies(authorizer, subject, grants);
  }

  /** Print of the policies that said so; undefined when the home did not know it. */
  get print(): string | undefined {
    return this.#read.print;
  }

  get mayReadBroadcast(): boolean {
    return this.#read.broadcast === true;
  }

  get mayReadPresence(): boolean {
    return this.#read.presence === true;
  }

  get mayReadAnything(): boolean {
    return this.mayReadBroadcast || this.mayReadPresence;
  }

  /** Whether anybody has asked about presence yet. */
  get knowsPresence(): boolean {
    return this.#read.presence !== undefined;
  }

  /** Not a promise when the answer is known, so that the usual send stays in its turn. Rejects with a `Refusal`. */
  write(): Grants | Promise<Grants> {
    if (this.#authorizer === null) return this.#read;
    this.#write ??= this.#askWrite(this.#authorizer);
    return this.#write;
  }

  /** Presence may be switched on by a first track, after a join that did not ask about it (protocol 5.2). */
  async readPresence(): Promise<void> {
    if (this.#authorizer === null || this.#read.presence !== undefined) return;
    const request = { ...toRequest("read", this.#subject, ["presence"]), live: true };
    const options = { deadlineMs: READ_DEADLINE_MS };
    const { presence } = await this.#authorizer.authorize(this.#subject.ref, request, options);
    this.#read = { ...this.#read, presence: presence === true };
  }

  async #askWrite(authorizer: Authorizer): Promise<Grants> {
    const request = { ...toRequest("write", this.#subject, ["broadcast", "presence"]), live: true };
    try {
      const grants = await authorizer.authorize(this.#subject.ref, request, {
        deadlineMs: WRITE_DEADLINE_MS,
      });
      this.#write = grants;
      return grants;
    } catch (refusal) {
      this.#write = undefined;
      throw refusal;
    }
  }
}

function toRequest(
  action: AuthorizeRequest["action"],
  { topic, claims, headers }: Subject,
  extensions: AuthorizeRequest["extensions"],
): AuthorizeRequest {
  return { kind: "authorize", action, topic, claims: { ...claims }, headers: { ...headers }, extensions };
}
