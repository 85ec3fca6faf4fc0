import { createHash, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";

/** Kinds whose keys are opaque; `anon` and `service_role` keys are JWTs. */
export type OpaqueKeyKind = "publishable" | "secret";

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
/** 62^32 is more than 2^190. */
const RANDOM_LENGTH = 32;
/** Base 62 needs six digits for 32 bits. */
const CHECKSUM_LENGTH = 6;
const SHAPE = new RegExp(`^tw_(publishable|secret)_[${ALPHABET}]{${RANDOM_LENGTH + CHECKSUM_LENGTH}}$`);
/** Enough to tell keys apart in a list, far too little to guess one. */
const SHOWN_CHARACTERS = 6;

/**
 * `tw_<kind>_<32 random characters><6 of checksum>`. The checksum lets a scanner for leaked keys tell a
 * real one from an invented one without asking anybody.
 */
export function generateApiKey(kind: OpaqueKeyKind): string {
  const body = `tw_${kind}_${randomText(RANDOM_LENGTH)}`;
  return body + checksum(body);
}

/** The kind, when `text` has the form and the checksum of an opaque key. Says nothing about whether it exists. */
export function parseApiKey(text: string): OpaqueKeyKind | undefined {
  const kind = SHAPE.exec(text)?.[1];
  if (kind !== "publishable" && kind !== "secret") return undefined;
  const body = text.slice(0, -CHECKSUM_LENGTH);
  return checksum(body) === text.slice(-CHECKSUM_LENGTH) ? kind : undefined;
}

/** SHA-256 in hex. No salt and no stretching: an opaque key has too much entropy to be guessed, and nodes look it up by this. */
export function hashApiKey(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

/** The beginning of a key, as lists show it. */
export function prefixOf(text: string): string {
  const body = /^tw_(?:publishable|secret)_/.exec(text)?.[0] ?? "";
  return text.slice(0, body.length + SHOWN_CHARACTERS);
}

function checksum(body: string): string {
  let rest = crc32(body);
  let digits = "";
  for (let place = 0; place < CHECKSUM_LENGTH; place++) {
    digits = ALPHABET.charAt(rest % ALPHABET.length) + digits;
    rest = Math.floor(rest / ALPHABET.length);
  }
  return digits;
}

/** Uniform over the alphabet: bytes that would favour its first letters are thrown away. */
export function randomText(length: number, alphabet = ALPHABET): string {
  const fair = 256 - (256 % alphabet.length);
  let text = "";
  while (text.length < length) {
    for (const byte of randomBytes(length)) {
      if (byte < fair && text.length < length) text += alphabet.charAt(byte % alphabet.length);
    }
  }
  return text;
}
