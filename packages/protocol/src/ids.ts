declare const brand: unique symbol;
type Branded<T, B extends string> = T & { readonly [brand]: B };

/** A project's id: 20 characters of `[a-z0-9]`, the first one a letter. */
export type ProjectRef = Branded<string, "ProjectRef">;
/** A node's name in the control database; survives restarts of its process. */
export type NodeId = Branded<string, "NodeId">;
/** One life of one node process. Sequence origins and presence entries are fenced by it. */
export type BootId = Branded<string, "BootId">;
/** A channel's name without the leading `realtime:`. */
export type Topic = Branded<string, "Topic">;

const PROJECT_REF = /^[a-z][a-z0-9]{19}$/;

export function isProjectRef(text: string): text is ProjectRef {
  return PROJECT_REF.test(text);
}

/** @throws RangeError when `text` is not a project reference. */
export function parseProjectRef(text: string): ProjectRef {
  if (!isProjectRef(text)) throw new RangeError(`not a project reference: ${JSON.stringify(text)}`);
  return text;
}
