import { type Lsn, toLsn } from "./lsn.ts";
import type { Relation, ReplicaIdentity, Tuple } from "./row-change.ts";

/** One message of the pgoutput plugin, protocol version 1, text tuples. */
export type WalMessage =
  | { kind: "begin"; commitLsn: Lsn; commitMs: number; xid: number }
  | { kind: "commit"; commitLsn: Lsn; endLsn: Lsn; commitMs: number }
  | { kind: "relation"; relation: Relation }
  | { kind: "insert"; relation: Relation; newTuple: Tuple }
  | { kind: "update"; relation: Relation; newTuple: Tuple; oldTuple: Tuple | undefined }
  | { kind: "delete"; relation: Relation; oldTuple: Tuple }
  /** A row of a table that nobody asked for: counted, not decoded. */
  | { kind: "unwanted" }
  | { kind: "truncate"; relations: Relation[] }
  | { kind: "message"; lsn: Lsn; transactional: boolean; prefix: string; content: Buffer }
  /** Origin and Type: nothing that this node needs. */
  | { kind: "ignored" };

/** The stream holds something this decoder cannot mean. The connection is given up: guessing would lose rows. */
export class MalformedWal extends Error {
  override readonly name = "MalformedWal";
}

const POSTGRES_EPOCH_MS = Date.UTC(2000, 0, 1);

const IDENTITIES: Readonly<Record<string, ReplicaIdentity>> = {
  d: "default",
  n: "nothing",
  f: "full",
  i: "index",
};

/** The byte values of pgoutput's message types (PostgreSQL documentation, "Logical Replication Message Formats"). */
const TYPE = {
  begin: 0x42,
  commit: 0x43,
  relation: 0x52,
  insert: 0x49,
  update: 0x55,
  delete: 0x44,
  truncate: 0x54,
  message: 0x4d,
  origin: 0x4f,
  type: 0x59,
} as const;

const TUPLE = { key: 0x4b, old: 0x4f, new: 0x4e } as const;
const VALUE = { null: 0x6e, unchanged: 0x75, text: 0x74 } as const;

/** What `toString` calls once it has looked at its arguments; ten million values a minute feel the difference. */
type Slicing = Buffer & { utf8Slice(start: number, end: number): string };

/**
 * Decodes pgoutput messages of one connection, and remembers the tables it describes. Holds no view into the buffers it
 * is given: pg reuses them.
 */
export class PgoutputDecoder {
  readonly #relations = new Map<number, Relation>();
  readonly #isWanted: (relation: Relation) => boolean;
  #buffer: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;

  /** @param isWanted rows of other tables come out as `unwanted`, without the cost of reading them */
  constructor(isWanted: (relation: Relation) => boolean = () => true) {
    this.#isWanted = isWanted;
  }

  /**
   * One message, from `start` to `end` of a buffer.
   *
   * @throws MalformedWal
   */
  decode(buffer: Buffer, start = 0, end = buffer.length): WalMessage {
    this.#buffer = buffer;
    this.#at = start;
    this.#end = end;
    try {
      const message = this.#message(this.#byte());
      if (this.#at <= end) return message;
    } catch (cause) {
      if (cause instanceof MalformedWal) throw cause;
      throw new MalformedWal(`cut short at byte ${this.#at - start} of ${end - start}`, { cause });
    }
    throw new MalformedWal(`goes ${this.#at - end} bytes beyond its end`);
  }

  #message(type: number): WalMessage {
    switch (type) {
      case TYPE.insert:
        return this.#insert();
      case TYPE.update:
        return this.#update();
      case TYPE.delete:
        return this.#delete();
      case TYPE.begin:
        return { kind: "begin", commitLsn: this.#lsn(), commitMs: this.#time(), xid: this.#uint32() };
      case TYPE.commit:
        this.#byte();
        return { kind: "commit", commitLsn: this.#lsn(), endLsn: this.#lsn(), commitMs: this.#time() };
      case TYPE.relation:
        return this.#relation();
      case TYPE.truncate:
        return this.#truncate();
      case TYPE.message:
        return this.#logicalMessage();
      case TYPE.origin:
      case TYPE.type:
        return { kind: "ignored" };
      default:
        throw new MalformedWal(`unknown message type ${type}`);
    }
  }

  #insert(): WalMessage {
    const relation = this.#knownRelation();
    if (!this.#isWanted(relation)) return { kind: "unwanted" };
    this.#expect(TUPLE.new);
    return { kind: "insert", relation, newTuple: this.#tuple() };
  }

  #update(): WalMessage {
    const relation = this.#knownRelation();
    if (!this.#isWanted(relation)) return { kind: "unwanted" };
    let part = this.#byte();
    let oldTuple: Tuple | undefined;
    if (part === TUPLE.key || part === TUPLE.old) {
      oldTuple = this.#oldTuple(relation, part);
      part = this.#byte();
    }
    if (part !== TUPLE.new) throw new MalformedWal(`an update without its new row: ${part}`);
    return { kind: "update", relation, newTuple: this.#tuple(), oldTuple };
  }

  #delete(): WalMessage {
    const relation = this.#knownRelation();
    if (!this.#isWanted(relation)) return { kind: "unwanted" };
    return { kind: "delete", relation, oldTuple: this.#oldTuple(relation, this.#byte()) };
  }

  /** A key tuple says NULL for every column outside the key; those are not known rather than NULL. */
  #oldTuple(relation: Relation, part: number): Tuple {
    const tuple = this.#tuple();
    if (part !== TUPLE.key) return tuple;
    return tuple.map((value, index) => (relation.columns[index]?.isKey ? value : undefined));
  }

  #relation(): WalMessage {
    const oid = this.#uint32();
    const schema = this.#text() || "pg_catalog";
    const table = this.#text();
    const identity = IDENTITIES[String.fromCharCode(this.#byte())];
    if (identity === undefined) throw new MalformedWal(`unknown replica identity of ${schema}.${table}`);
    const columns = Array.from({ length: this.#uint16() }, () => {
      const isKey = (this.#byte() & 1) === 1;
      const name = this.#text();
      const typeOid = this.#uint32();
      this.#uint32();
      return { name, typeOid, isKey };
    });
    const relation = { oid, schema, table, identity, columns };
    this.#relations.set(oid, relation);
    return { kind: "relation", relation };
  }

  #truncate(): WalMessage {
    const count = this.#uint32();
    this.#byte();
    return { kind: "truncate", relations: Array.from({ length: count }, () => this.#knownRelation()) };
  }

  #logicalMessage(): WalMessage {
    const transactional = this.#byte() === 1;
    const lsn = this.#lsn();
    const prefix = this.#text();
    const content = Buffer.from(this.#slice(this.#uint32()));
    return { kind: "message", lsn, transactional, prefix, content };
  }

  #tuple(): Tuple {
    const buffer = this.#buffer as Slicing;
    const count = this.#uint16();
    const values: (string | null | undefined)[] = new Array(count);
    let at = this.#at;
    for (let index = 0; index < count; index++) {
      const kind = buffer[at++];
      if (kind === VALUE.text) {
        const start = at + 4;
        at = start + buffer.readUInt32BE(at);
        if (at > this.#end) throw new MalformedWal(`a value goes ${at - this.#end} bytes beyond its message`);
        values[index] = buffer.utf8Slice(start, at);
      } else if (kind === VALUE.null) values[index] = null;
      // A hole would be passed over by whoever maps the tuple.
      else if (kind === VALUE.unchanged) values[index] = undefined;
      else throw new MalformedWal(`unknown value kind ${kind}`);
    }
    this.#at = at;
    return values;
  }

  #knownRelation(): Relation {
    const oid = this.#uint32();
    const relation = this.#relations.get(oid);
    if (relation === undefined) throw new MalformedWal(`a row of table ${oid}, which was never described`);
    return relation;
  }

  #expect(part: number): void {
    const found = this.#byte();
    if (found !== part) throw new MalformedWal(`expected ${part}, found ${found}`);
  }

  #slice(length: number): Buffer {
    const start = this.#at;
    this.#skip(length);
    return this.#buffer.subarray(start, this.#at);
  }

  #skip(length: number): void {
    if (this.#at + length > this.#end) throw new MalformedWal(`cut short at byte ${this.#at}`);
    this.#at += length;
  }

  #byte(): number {
    const value = this.#buffer.readUInt8(this.#at);
    this.#at += 1;
    return value;
  }

  #uint16(): number {
    const value = this.#buffer.readUInt16BE(this.#at);
    this.#at += 2;
    return value;
  }

  #uint32(): number {
    const value = this.#buffer.readUInt32BE(this.#at);
    this.#at += 4;
    return value;
  }

  #lsn(): Lsn {
    return toLsn(this.#int64());
  }

  /** Microseconds since 2000-01-01, as epoch milliseconds with a fraction. */
  #time(): number {
    return POSTGRES_EPOCH_MS + Number(this.#int64()) / 1_000;
  }

  #int64(): bigint {
    const value = this.#buffer.readBigInt64BE(this.#at);
    this.#at += 8;
    return value;
  }

  #text(): string {
    const end = this.#buffer.indexOf(0, this.#at);
    if (end < 0 || end >= this.#end) throw new MalformedWal(`a text without its end at byte ${this.#at}`);
    const value = this.#buffer.toString("utf8", this.#at, end);
    this.#at = end + 1;
    return value;
  }
}
