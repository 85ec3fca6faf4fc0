/** The whole body of a request; null when it is larger than `bytesMax`, of which no more than that was read. */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array<ArrayBuffer> | null> {
  if (Number(request.headers.get("content-length") ?? 0) > bytesMax) return null;
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body) {
    chunks.push(chunk);
    bytes += chunk.byteLength;
    if (bytes > bytesMax) return null;
  }
  return new Uint8Array(Buffer.concat(chunks));
}
