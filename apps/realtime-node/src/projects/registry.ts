import { ControlDatabaseUnavailable, type NodeStore, type ProjectRecord } from "@tidewire/db/node-store";
import { isProjectRef } from "@tidewire/protocol/ids";
import type { Clock, Timer } from "../clock.ts";
import type { Log } from "../log.ts";
import type { LastKnownGood } from "./last-known-good.ts";
import { createProject, type MutableProject, type Project } from "./project.ts";

export type { Project } from "./project.ts";

/** How long a change may wait for a control database that is away before it is asked again. */
const RETRY_MS = 2_000;

/** `previous` is null when the project has just become known. */
export type ChangeListener = (project: Project, previous: ProjectRecord | null) => void;
export type RemovalListener = (project: Project) => void;

interface Options {
  store: Pick<NodeStore, "project" | "listen">;
  lastKnownGood: Pick<LastKnownGood, "read" | "save" | "flush">;
  clock: Clock;
  log: Log;
}

/**
 * Projects by ref. Problem: every handshake needs the project, the control database may be slow or away, and a change
 * must count at once. So a project is read once, kept, and read again when the database says that it changed (LISTEN)
 * or that it may have (`*`, after an interruption). The projects of the last run are known from the start, out of a
 * sealed file, and are read again like all others as soon as the database answers (promise P9).
 *
 * Concurrent questions for one project share one query. "No such project" is never kept: it may be made the next moment.
 */
export class ProjectRegistry {
  readonly #options: Options;
  readonly #projects = new Map<string, MutableProject>();
  /** By external id; they never change. */
  readonly #refs = new Map<string, string>();
  readonly #loading = new Map<string, Promise<Project | undefined>>();
  /** Changed while a query was already on its way, whose answer may be older than the change. */
  readonly #stale = new Set<string>();
  /** Known projects to read again, one after the other: a node with many must not flood the database after an outage. */
  readonly #due = new Set<string>();
  readonly #changeListeners = new Set<ChangeListener>();
  readonly #removalListeners = new Set<RemovalListener>();
  #onSynced: () => void = () => undefined;
  #refreshing = false;
  #retry: Timer | undefined;
  #ready = false;
  #closed = false;

  constructor(options: Options) {
    this.#options = options;
  }

  /**
   * Reads the sealed file and begins to listen. Resolves when every project in it has been compared with the database,
   * or after `patienceMs` without an answer: the node then serves what it knows.
   */
  async start({ patienceMs }: { patienceMs: number }): Promise<void> {
    await this.#restore();
    const { store, clock } = this.#options;
    let patience: Timer | undefined;
    await new Promise<void>((resolve) => {
      this.#onSynced = resolve;
      patience = clock.after(patienceMs, resolve);
      store.listen((ref) => this.#onNotice(ref));
    });
    patience?.stop();
  }

  /** True once there is a configuration to serve: the database answered, or the last run left its file. */
  get ready(): boolean {
    return this.#ready;
  }

  /**
   * By ref, or by external id. Undefined when there is no such project.
   *
   * @throws ControlDatabaseUnavailable when the project is not known here and the database does not answer
   */
  async find(name: string): Promise<Project | undefined> {
    const known = this.#refs.get(name) ?? (isProjectRef(name) ? name : undefined);
    // Only a question by ref is asked again when the project changes on the way.
    const ref = known ?? (await this.#options.store.project(name))?.ref;
    return ref === undefined ? undefined : (this.#projects.get(ref) ?? this.#load(ref));
  }

  /** What is known now, without asking anybody. */
  peek(ref: string): Project | undefined {
    return this.#projects.get(ref);
  }

  known(): Iterable<Project> {
    return this.#projects.values();
  }

  /** Returns the way to stop listening. */
  onChanged(listener: ChangeListener): () => void {
    this.#changeListeners.add(listener);
    return () => this.#changeListeners.delete(listener);
  }

  /** The project was deleted, or is not active any more. Returns the way to stop listening. */
  onRemoved(listener: RemovalListener): () => void {
    this.#removalListeners.add(listener);
    return () => this.#removalListeners.delete(listener);
  }

  /** The store is closed by its owner, before this. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#retry?.stop();
    await this.#options.lastKnownGood.flush();
  }

  async #restore(): Promise<void> {
    const { lastKnownGood, log } = this.#options;
    try {
      const records = await lastKnownGood.read();
      if (records === null) return;
      for (const record of records) this.#put(record);
      this.#ready = true;
      log.info({ projects: records.length }, "the configuration of the last run was read");
    } catch (err) {
      log.warn({ err }, "the configuration of the last run cannot be read; it will be written anew");
    }
  }

  #onNotice(ref: string): void {
    this.#ready = true;
    const changed = ref === "*" ? [...this.#projects.keys(), ...this.#loading.keys()] : [ref];
    for (const each of changed) {
      if (this.#loading.has(each)) this.#stale.add(each);
      else if (this.#projects.has(each)) this.#due.add(each);
    }
    void this.#refresh();
  }

  async #refresh(): Promise<void> {
    if (this.#refreshing) return;
    this.#refreshing = true;
    this.#retry?.stop();
    const reachable = await this.#loadDue();
    this.#refreshing = false;
    if (reachable) this.#onSynced();
    if (this.#due.size > 0 && !this.#closed)
      this.#retry = this.#options.clock.after(RETRY_MS, () => void this.#refresh());
  }

  /** False when the database is away; a project that alone cannot be read does not hold up the others. */
  async #loadDue(): Promise<boolean> {
    for (const ref of this.#due) {
      if (this.#closed) return false;
      try {
        await this.#load(ref);
        this.#due.delete(ref);
      } catch (err) {
        this.#options.log.warn({ ref, err }, "project cannot be read again; serving what is known");
        if (err instanceof ControlDatabaseUnavailable) return false;
      }
    }
    return true;
  }

  #load(ref: string): Promise<Project | undefined> {
    const loading = this.#loading.get(ref) ?? this.#query(ref).finally(() => this.#loading.delete(ref));
    this.#loading.set(ref, loading);
    return loading;
  }

  async #query(ref: string): Promise<Project | undefined> {
    let record: ProjectRecord | undefined;
    do {
      this.#stale.delete(ref);
      record = await this.#options.store.project(ref);
    } while (this.#stale.has(ref));
    if (record !== undefined) return this.#put(record);
    this.#remove(ref);
    return undefined;
  }

  #put(record: ProjectRecord): Project {
    const known = this.#projects.get(record.ref);
    if (known?.record.version === record.version) return known;
    const previous = known?.record ?? null;
    const project = known ?? createProject(record, () => this.#options.clock.monotonicMs());
    project.record = record;
    this.#projects.set(record.ref, project);
    if (record.externalId !== undefined) this.#refs.set(record.externalId, record.ref);
    this.#save();
    for (const listener of this.#changeListeners) listener(project, previous);
    return project;
  }

  #remove(ref: string): void {
    const project = this.#projects.get(ref);
    if (project === undefined) return;
    this.#projects.delete(ref);
    if (project.record.externalId !== undefined) this.#refs.delete(project.record.externalId);
    this.#save();
    this.#options.log.info({ ref }, "project was removed");
    for (const listener of this.#removalListeners) listener(project);
  }

  #save(): void {
    this.#options.lastKnownGood.save(() => [...this.#projects.values()].map((project) => project.record));
  }
}
