import type { Relation, RowChange } from "../wal/row-change.ts";
import type { JsonRenderer, TypeSource } from "../wal/types.ts";
import { askInParts } from "./ask-in-parts.ts";
import type { RenderValue } from "./change-data.ts";
import type { Ask } from "./row-authorization.ts";
import { renderRemotely } from "./visibility.ts";

interface RemoteColumn {
  readonly index: number;
  readonly typeOid: number;
}

/** Values of one batch whose JSON only Postgres knows: asked for once per type, then looked up. */
export class RemoteValues {
  readonly #renderer: JsonRenderer;
  readonly #types: TypeSource;
  readonly #byType = new Map<number, Map<string, string>>();
  readonly #columns = new Map<Relation, readonly RemoteColumn[]>();

  constructor(renderer: JsonRenderer, types: TypeSource) {
    this.#renderer = renderer;
    this.#types = types;
  }

  get isEmpty(): boolean {
    return this.#byType.size === 0;
  }

  note({ relation, newTuple, oldTuple }: RowChange): void {
    for (const { index, typeOid } of this.#remoteColumns(relation)) {
      const values = this.#byType.get(typeOid) ?? new Map<string, string>();
      this.#byType.set(typeOid, values);
      for (const tuple of [newTuple, oldTuple]) {
        const text = tuple?.[index];
        if (typeof text === "string") values.set(text, "null");
      }
    }
  }

  /** A value that Postgres cannot render is its text, like those of the types that nobody knows. */
  async ask(ask: Ask): Promise<void> {
    for (const [typeOid, values] of this.#byType) {
      const sqlType = this.#types.get(typeOid)?.sqlName;
      if (sqlType === undefined || values.size === 0) continue;
      const unanswered = await askInParts([...values.keys()], async (texts) => {
        const rendered = await ask((session) => renderRemotely(session, sqlType, texts));
        for (const [index, json] of rendered.entries()) values.set(texts[index] ?? "", json);
      });
      for (const text of unanswered.flatMap(({ items }) => items)) values.set(text, JSON.stringify(text));
    }
  }

  readonly render: RenderValue = (typeOid, text) => this.#byType.get(typeOid)?.get(text) ?? "null";

  /** Few tables have any. */
  #remoteColumns(relation: Relation): readonly RemoteColumn[] {
    const known = this.#columns.get(relation);
    if (known !== undefined) return known;
    const columns = relation.columns
      .map(({ typeOid }, index) => ({ index, typeOid }))
      .filter(({ typeOid }) => this.#renderer.for(typeOid) === null);
    this.#columns.set(relation, columns);
    return columns;
  }
}
