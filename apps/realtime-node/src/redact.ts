/**
 * Secrets by their shape rather than by the field's name: a password also travels inside the message of a driver's
 * error, in a URL or in a header dump.
 */
const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/\b([a-z][a-z0-9+.-]*:\/\/)[^\s/?#"'\\@]+@/gi, "$1***@"],
  [/([?&](?:apikey|api_key|token|access_token|jwt|password)=)[^&\s"'\\]+/gi, "$1***"],
  [/\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)?/g, "***jwt***"],
  [/\b((?:tw|sb)_(?:secret|publishable)_)[A-Za-z0-9_-]+/g, "$1***"],
  [/\b(bearer\s+)[A-Za-z0-9._~+/-]{8,}=*/gi, "$1***"],
  [
    /("(?:password|secret|jwtSecret|nodeSecret|secretsKey|apikey|access_token|authorization|x-api-key)"\s*:\s*")(?:[^"\\]|\\.)+/gi,
    "$1***",
  ],
];

/** `text` without credentials: passwords in URLs, tokens, keys and the values of fields named after them. */
export function redactSecrets(text: string): string {
  let clean = text;
  for (const [pattern, replacement] of SECRETS) clean = clean.replace(pattern, replacement);
  return clean;
}
