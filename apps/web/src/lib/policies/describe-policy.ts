import type { PolicyCommand, PolicyShape } from "../schemas/database.ts";
import { concatenated, conjuncts, literalOf, literalsOf, simplify, unwrap } from "./expression.ts";

interface Place {
  schema: string;
  table: string;
}

/** The table whose policies decide about private channels (protocol 7). */
export function isMessages({ schema, table }: Place): boolean {
  return schema === "realtime" && table === "messages";
}

/**
 * A policy as a sentence, names in `backticks`: who may do what, where. A condition that is not one of the usual ones
 * is quoted; the sentence never says more than the SQL does.
 */
export function describePolicy(policy: PolicyShape, place: Place): string {
  const { command, permissive, using, check } = policy;
  const condition = command === "insert" ? check : (using ?? check);
  const also =
    command !== "insert" && using !== null && check !== null && simplify(check) !== simplify(using)
      ? `, and may leave behind only what fulfils \`${simplify(check)}\``
      : "";
  const who = describeRoles(policy.roles);
  const { verb, object, limits, onlyIf } = isMessages(place)
    ? onMessages(command, condition)
    : onRows(command, condition);
  if (permissive) return `${who} may ${verb} ${object}${onlyIf && `, if ${onlyIf}`}${also}.`;
  const only =
    limits || onlyIf === ""
      ? `only ${object}${onlyIf && `, and only if ${onlyIf}`}`
      : `${object} only if ${onlyIf}`;
  return `Whatever other policies allow, ${lowerFirst(who)} may ${verb} ${only}${also}.`;
}

interface Words {
  verb: string;
  object: string;
  /** The object is less than everything. */
  limits: boolean;
  /** What must hold besides, as SQL; empty when nothing must. */
  onlyIf: string;
}

const ROLES: Readonly<Record<string, string>> = {
  public: "Everybody",
  "anon,authenticated": "Everybody",
  authenticated: "Signed-in users",
  anon: "Visitors who are not signed in",
  service_role: "Servers with a secret key",
};

export function describeRoles(roles: readonly string[]): string {
  if (roles.length === 0) return "Everybody";
  const known = ROLES[[...roles].sort().join(",")];
  return known ?? `The ${roles.length === 1 ? "role" : "roles"} ${list(roles.map(code))}`;
}

const EVERY_TOPIC = "every topic";
const BOTH = "broadcast and presence";

const ON_MESSAGES: Record<PolicyCommand, [verb: string, preposition: string]> = {
  select: ["read", "on"],
  insert: ["write", "to"],
  all: ["read and write", "on"],
  update: ["change stored", "on"],
  delete: ["delete stored", "on"],
};

function onMessages(command: PolicyCommand, condition: string | null): Words {
  const [verb, preposition] = ON_MESSAGES[command];
  let topics = EVERY_TOPIC;
  let extensions = BOTH;
  const rest: string[] = [];
  for (const term of termsOf(condition)) {
    const known = readTopics(term);
    const named = readExtensions(term);
    if (known !== undefined && topics === EVERY_TOPIC) topics = known;
    else if (named !== undefined) extensions = list(named);
    else rest.push(term);
  }
  return {
    verb,
    object: `${extensions} ${preposition} ${topics}`,
    limits: topics !== EVERY_TOPIC || extensions !== BOTH,
    onlyIf: rest.length === 0 ? "" : code(rest.join(" and ")),
  };
}

const TOPIC = /^(?:realtime\.topic\(\)|(?:messages\.)?topic) (= ANY|=|~~) (.+)$/;
const BEGINS = /^starts_with\((?:realtime\.topic\(\)|(?:messages\.)?topic), (.+)\)$/;

function readTopics(term: string): string | undefined {
  const [, start] = BEGINS.exec(term) ?? [];
  if (start !== undefined) return beginningWith(literalOf(start));
  const [, operator, operand] = TOPIC.exec(term) ?? [];
  if (operand === undefined) return undefined;
  if (operator === "= ANY") {
    const topics = literalsOf(operand);
    return topics && `the topics ${list(topics.map(code))}`;
  }
  if (operator === "~~") {
    const [, prefix] = /^([^%_\\]*)%$/.exec(literalOf(operand) ?? "") ?? [];
    return beginningWith(prefix);
  }
  const parts = concatenated(operand).map((part) => literalOf(part) ?? personal(part));
  return parts.every((part) => part !== undefined) ? `the topic ${code(parts.join(""))}` : undefined;
}

function beginningWith(prefix: string | undefined): string | undefined {
  if (prefix === undefined) return undefined;
  return prefix === "" ? EVERY_TOPIC : `topics that begin with ${code(prefix)}`;
}

function personal(part: string): string | undefined {
  if (part === "auth.uid()") return "<their id>";
  const claim = claimOf(part);
  return claim === undefined ? undefined : `<their ${claim}>`;
}

/** The claim that `auth.jwt() ->> 'team'` reads. */
function claimOf(text: string): string | undefined {
  const [, claim] = /^auth\.jwt\(\) ->> (.+)$/.exec(text) ?? [];
  return claim === undefined ? undefined : literalOf(claim);
}

function readExtensions(term: string): string[] | undefined {
  const [, one, many] = /^(?:messages\.)?extension (?:= ANY (\(?ARRAY\[.*)|= ('.*'))$/.exec(term) ?? [];
  if (one !== undefined) return literalsOf(one);
  const named = many === undefined ? undefined : literalOf(many);
  return named === undefined ? undefined : [named];
}

const ON_ROWS: Record<PolicyCommand, string> = {
  select: "see",
  insert: "add",
  update: "change",
  delete: "delete",
  all: "see, add, change and delete",
};

function onRows(command: PolicyCommand, condition: string | null): Words {
  const terms = termsOf(condition);
  const known = terms.map(readColumn);
  const verb = ON_ROWS[command];
  const object =
    terms.length === 0
      ? command === "insert"
        ? "any row"
        : "every row"
      : known.every((term) => term !== undefined)
        ? `rows ${list(known)}`
        : `rows where ${code(terms.join(" and "))}`;
  return { verb, object, limits: terms.length > 0, onlyIf: "" };
}

function readColumn(term: string): string | undefined {
  const sides = /^(.+?) = (.+)$/.exec(term);
  if (sides === null) return undefined;
  const [, left = "", right = ""] = sides;
  return ownedBy(left, right) ?? ownedBy(right, left);
}

const COLUMN = /^(?:\w+\.)?("[^"]+"|[a-z_]\w*)$/i;

function ownedBy(person: string, column: string): string | undefined {
  const [, name] = COLUMN.exec(column) ?? [];
  if (name === undefined) return undefined;
  if (person === "auth.uid()") return `whose ${code(name)} is their id`;
  const claim = claimOf(unwrap(person));
  return claim === undefined ? undefined : `whose ${code(name)} is the ${code(claim)} of their token`;
}

/** Without those that are always true. A policy without an expression grants nothing. */
function termsOf(condition: string | null): string[] {
  if (condition === null) return ["false"];
  return conjuncts(simplify(condition)).filter((term) => term !== "true");
}

function code(text: string): string {
  return `\`${text.replaceAll("`", "'")}\``;
}

function list(parts: readonly string[]): string {
  return parts.length < 2 ? parts.join("") : `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}

function lowerFirst(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
