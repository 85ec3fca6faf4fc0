import type { ChangeEnvelope } from "@tidewire/protocol/cluster/changes";
import type { ProjectSettings } from "@tidewire/protocol/project";
import { formatLsn } from "../wal/lsn.ts";
import type { Relation } from "../wal/row-change.ts";
import {
  changeData,
  changeError,
  type Projection,
  projectionOf,
  type RenderValue,
  type TypeNameOf,
} from "./change-data.ts";
import { type MatchedChange, rowErrorFor } from "./matching.ts";
import type { RowAuthorization } from "./row-authorization.ts";
import type { TableShape } from "./shapes.ts";

interface Facts {
  ref: string;
  epoch: number;
  deletes: ProjectSettings["deletes"];
  render: RenderValue;
  typeName: TypeNameOf;
  times: Omit<ChangeEnvelope["times"], "committedMs" | "receivedMs" | "sentMs">;
}

/** Everybody who is shown the same of one change. */
interface Audience {
  dataJson: string;
  shapes: TableShape[];
}

/**
 * The envelopes of one change, by the node life that gets them: who sees the same columns shares one envelope, so that
 * the work follows the number of views, not of subscribers.
 */
export function envelopesOf(
  matched: MatchedChange,
  authorization: RowAuthorization,
  facts: Facts,
): Map<string, ChangeEnvelope[]> {
  const byHolder = new Map<string, ChangeEnvelope[]>();
  for (const audience of audiencesOf(matched, authorization, facts)) {
    for (const [holder, shapes] of shapesByHolder(audience)) {
      const envelopes = byHolder.get(holder) ?? [];
      byHolder.set(holder, envelopes);
      envelopes.push(toEnvelope(matched, audience.dataJson, shapes, facts));
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
    if (isDeleteWithheld(matched, onTable, facts.deletes) || !authorization.isVisible(matched, onTable))
      continue;
    const view = viewOf(matched, onTable);
    const audience = audiences.get(view.key);
    if (audience !== undefined) audience.shapes.push(onTable);
    else audiences.set(view.key, { dataJson: view.data(facts), shapes: [onTable] });
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

/** Equal keys: the same text for both. */
interface View {
  readonly key: string;
  data(facts: Facts): string;
}

function viewOf({ change }: MatchedChange, onTable: TableShape): View {
  const error = rowErrorFor(change, onTable);
  if (error !== undefined) return { key: error, data: () => changeError(change, error) };
  const { access, table } = onTable;
  const projection = projectionFor(change.relation, onTable);
  const hidesOldRecord = table.primaryKey.some((name) => !access.readable.has(name));
  const onlyKeyOfDeleted =
    access.isSubjectToPolicies && table.primaryKey.length > 0 ? new Set(table.primaryKey) : undefined;
  return {
    key: `${projection.key}/${hidesOldRecord}/${onlyKeyOfDeleted !== undefined}`,
    data: ({ render, typeName }) =>
      changeData(change, { projection, render, typeName, onlyKeyOfDeleted, hidesOldRecord }),
  };
}

const PROJECTIONS = new WeakMap<TableShape, { relation: Relation; projection: Projection }>();

export function projectionFor(relation: Relation, onTable: TableShape): Projection {
  const known = PROJECTIONS.get(onTable);
  if (known?.relation === relation) return known.projection;
  const { access, table, shape } = onTable;
  const projection = projectionOf(relation, {
    access,
    select: shape.spec.select,
    primaryKey: table.primaryKey,
  });
  PROJECTIONS.set(onTable, { relation, projection });
  return projection;
}

function shapesByHolder({ shapes }: Audience): Map<string, string[]> {
  const byHolder = new Map<string, string[]>();
  for (const { shape } of shapes) {
    for (const holder of shape.holders.keys()) {
      const ids = byHolder.get(holder) ?? [];
      byHolder.set(holder, ids);
      ids.push(shape.id);
    }
  }
  return byHolder;
}

function toEnvelope(
  { change }: MatchedChange,
  dataJson: string,
  shapes: string[],
  { ref, epoch, times }: Facts,
): ChangeEnvelope {
  const { commitMs: committedMs, receivedMs, relation, type, ordinal } = change;
  return {
    ref,
    epoch,
    shapes,
    type,
    schema: relation.schema,
    table: relation.table,
    lsn: formatLsn(change.commitLsn),
    ordinal,
    dataJson,
    times: { committedMs, receivedMs, ...times, sentMs: 0 },
  };
}
