export type Language = "ts" | "sql" | "shell" | "json" | "text";
export type TokenKind = "plain" | "keyword" | "string" | "number" | "comment" | "name";
export interface Token {
  kind: TokenKind;
  text: string;
}

interface Grammar {
  pattern: RegExp;
  /** Kinds of the pattern's capture groups, in order. */
  kinds: readonly TokenKind[];
}

const STRING = /("(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`)/.source;
const NUMBER = /(\b\d[\d_.]*\b)/.source;

const GRAMMARS: Record<Language, Grammar | null> = {
  ts: {
    pattern: new RegExp(
      `(//[^\\n]*)|${STRING}|(\\b(?:import|from|const|let|await|new|async|function|return|export|if|for|of|type)\\b)|${NUMBER}|(\\b[A-Za-z_$][\\w$]*(?=\\())`,
      "g",
    ),
    kinds: ["comment", "string", "keyword", "number", "name"],
  },
  sql: {
    pattern: new RegExp(
      `(--[^\\n]*)|('(?:[^']|'')*')|(\\b(?:alter|create|drop|table|publication|add|set|insert|into|values|select|from|where|grant|on|to|for|policy|using|with|system|schema|role|update|delete|as|row|level|security|execute|function|and|or|not|null|true|false|usage|all|begin|commit|replica|identity|full|check|restrictive|permissive|enable|disable|is|exists)\\b)|${NUMBER}`,
      "gi",
    ),
    kinds: ["comment", "string", "keyword", "number"],
  },
  shell: {
    pattern: new RegExp(
      `(#[^\\n]*)|${STRING}|(^\\s*(?:curl|npx|npm|wscat|export)\\b)|(\\s-{1,2}[A-Za-z][\\w-]*)`,
      "gm",
    ),
    kinds: ["comment", "string", "keyword", "name"],
  },
  json: {
    pattern: new RegExp(
      `("(?:[^"\\\\\\n]|\\\\.)*"(?=\\s*:))|${STRING}|(\\b(?:true|false|null)\\b)|(-?${NUMBER.slice(1)}`,
      "g",
    ),
    kinds: ["name", "string", "keyword", "number"],
  },
  text: null,
};

/** Splits code into coloured pieces; their texts joined are the code again. */
export function highlight(code: string, language: Language): Token[] {
  const grammar = GRAMMARS[language];
  if (grammar === null) return [{ kind: "plain", text: code }];
  const tokens: Token[] = [];
  let done = 0;
  for (const match of code.matchAll(grammar.pattern)) {
    if (match.index > done) tokens.push({ kind: "plain", text: code.slice(done, match.index) });
    const group = match.slice(1).findIndex((part) => part !== undefined);
    tokens.push({ kind: grammar.kinds[group] ?? "plain", text: match[0] });
    done = match.index + match[0].length;
  }
  if (done < code.length) tokens.push({ kind: "plain", text: code.slice(done) });
  return tokens;
}
