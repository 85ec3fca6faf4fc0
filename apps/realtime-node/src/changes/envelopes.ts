import type { ProjectSettings } from "@tidewire/protocol/project";
import type { Relation } from "../wal/row-change.ts";
import type { Render } from "../wal/types.ts";
import { changeError, projectionOf, type RenderValue, RowView, type TypeNameOf } from "./change-data.ts";
import type { View } from "./envelope-sender.ts";
import type { JsonArena } from "./json-arena.ts";
import { type MatchedChange, rowErrorFor } from "./matching.ts";
import type { RowAuthorization } from "./row-authorization.ts";
import type { TableShape } from "./shapes.ts";

interface Facts {
  deletes: ProjectSettings["deletes"];
  /** For types that only Postgres can render. */
  remote: RenderValue;
  renderOf(typeOid: number): Render | null;
  typeName: TypeNameOf;
  arena: JsonArena;
}

/** Everybody who is shown the same of one change. */
interface Audience {
  data: Uint8Array;
  shapes: TableShape[];
}

/**
 * One change as each node life gets it: who sees the same columns shares one view, so that the work follows the number
 * of views, not of subscribers.
 */
export function viewsByHolder(
  matched: MatchedChange,
  authorization: RowAuthorization,
  facts: Facts,
): Map<string, View[]> {
  const byHolder = new Map<string, View[]>();
  for (const { data, shapes } of audiencesOf(matched, authorization, facts)) {
    for (const [holder, ids] of shapesByHolder(shapes)) {
      const views = byHolder.get(holder);
      if (views === undefined) byHolder.set(holder, [{ shapes: ids, data }]);
      else views.push({ shapes: ids, data });
    }
  }
  return byHolder;
}

function audiencesOf(
  matched: MatchedChange,
  authorization: RowAuthorization,
  facts: Facts,
): Iterable<Audience> {
  const audiences = new Map<string, Audience>();
  for (const onTable of matched.shapes) {
    if (isDeleteWithheld(matched, onTable, facts.deletes)) continue;
    if (!authorization.isVisible(matched, onTable)) continue;
    const { change } = matched;
    const error = rowErrorFor(change, onTable);
    const { key, view } = knownView(change.relation, onTable, facts);
    const audience = audiences.get(error ?? key);
    if (audience !== undefined) audience.shapes.push(onTable);
    else {
      const data =
        error === undefined ? view.data(change, facts.remote, facts.arena) : changeError(change, error);
      audiences.set(error ?? key, { data, shapes: [onTable] });
    }
  }
  return audiences.values();
}

/** Difference D9. */
function isDeleteWithheld(
  { change }: MatchedChange,
  { access }: TableShape,
  deletes: Facts["deletes"],
): boolean {
  if (change.type !== "DELETE" || deletes === "compatible") return false;
  return deletes === "none" || access.isSubjectToPolicies;
}

interface KnownView {
  readonly relation: Relation;
  /** Equal keys: the same text for both. */
  readonly key: string;
  readonly view: RowView;
}

const VIEWS = new WeakMap<TableShape, KnownView>();

/** A shape lives in one epoch, and so do the types: what was made for it stays right. */
function knownView(relation: Relation, onTable: TableShape, { typeName, renderOf }: Facts): KnownView {
  const known = VIEWS.get(onTable);
  if (known?.relation === relation) return known;
  const { access, table, shape } = onTable;
  const { primaryKey } = table;
  const projection = projectionOf(relation, { access, select: shape.spec.select, primaryKey });
  const hidesOldRecord = primaryKey.some((name) => !access.readable.has(name));
  const onlyKeyOfDeleted =
    access.isSubjectToPolicies && primaryKey.length > 0 ? new Set(primaryKey) : undefined;
  const made = {
    relation,
    key: `${projection.key}/${hidesOldRecord}/${onlyKeyOfDeleted !== undefined}`,
    view: new RowView({ relation, projection, typeName, renderOf, onlyKeyOfDeleted, hidesOldRecord }),
  };
  VIEWS.set(onTable, made);
  return made;
}

function shapesByHolder(shapes: readonly TableShape[]): Map<string, string[]> {
  const byHolder = new Map<string, string[]>();
  for (const { shape } of shapes) {
    for (const holder of shape.holders.keys()) {
      const ids = byHolder.get(holder);
      if (ids === undefined) byHolder.set(holder, [shape.id]);
      else ids.push(shape.id);
    }
  }
  return byHolder;
}
