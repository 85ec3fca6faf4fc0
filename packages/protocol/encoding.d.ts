/**
 * The only globals of this package beyond the language itself; browsers, Node and workers all have them.
 * Neither the DOM's nor Node's types are loaded here, so that nothing else can creep in.
 */
declare class TextEncoder {
  encode(text: string): Uint8Array<ArrayBuffer>;
  encodeInto(text: string, into: Uint8Array): { read: number; written: number };
}

declare class TextDecoder {
  constructor(label?: string, options?: { fatal?: boolean; ignoreBOM?: boolean });
  decode(bytes: Uint8Array): string;
}
