import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject, randomBytes } from "node:crypto";

/** The key that seals secrets at rest. A `KeyObject`, so that it cannot slip into a log or a JSON text. */
export type SecretsKey = KeyObject;

/** The sealed text was made with another key, for another place, or was altered. */
export class SecretUnreadable extends Error {
  override readonly name = "SecretUnreadable";
}

const KEY_BYTES = 32;
/** NIST SP 800-38D, 8.2.2: random nonces of 96 bits are safe for 2^32 messages under one key. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const VERSION = "v1.";

/**
 * @param base64 32 bytes, as in `TIDEWIRE_SECRETS_KEY`
 * @throws RangeError when it is not exactly that
 */
export function parseSecretsKey(base64: string): SecretsKey {
  const bytes = Buffer.from(base64, "base64");
  if (bytes.length !== KEY_BYTES) {
    throw new RangeError(`the secrets key must be ${KEY_BYTES} bytes in base64, got ${bytes.length} bytes`);
  }
  return createSecretKey(bytes);
}

/** A new key in the form that {@link parseSecretsKey} reads. */
export function generateSecretsKey(): string {
  return randomBytes(KEY_BYTES).toString("base64");
}

/**
 * AES-256-GCM. Sealing the same text twice gives two different results.
 *
 * @param place where the result will be stored, e.g. `project.jwt_secret:<ref>`; it opens nowhere else
 */
export function seal(key: SecretsKey, plain: string, place = ""): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  cipher.setAAD(Buffer.from(place));
  const text = Buffer.concat([cipher.update(plain, "utf8"), cipher.final()]);
  return VERSION + Buffer.concat([nonce, cipher.getAuthTag(), text]).toString("base64url");
}

/**
 * The reverse of {@link seal}.
 *
 * @throws SecretUnreadable
 */
export function open(key: SecretsKey, sealed: string, place = ""): string {
  if (!sealed.startsWith(VERSION)) throw new SecretUnreadable(`not a sealed secret (${place})`);
  const bytes = Buffer.from(sealed.slice(VERSION.length), "base64url");
  if (bytes.length < NONCE_BYTES + TAG_BYTES)
    throw new SecretUnreadable(`a sealed secret was cut (${place})`);
  const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, NONCE_BYTES));
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES));
  try {
    const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
    return Buffer.concat([text, decipher.final()]).toString("utf8");
  } catch (cause) {
    throw new SecretUnreadable(`a secret cannot be opened with this key (${place})`, { cause });
  }
}
