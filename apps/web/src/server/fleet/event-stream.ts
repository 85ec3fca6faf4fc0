/** One event of a `text/event-stream` (WHATWG HTML, section 9.2). */
export interface StreamEvent {
  event: string;
  data: string;
  id: string | undefined;
}

/** A single event may not grow without end; a tap batch stays far below (1,000 events of 8 KiB). */
const BUFFER_MAX = 32 * 1024 * 1024;

/**
 * Reads server-sent events off a response body. Node 20 has no `EventSource`, and one would reconnect on its own terms.
 *
 * @throws RangeError when an event exceeds 32 Mi characters
 */
export async function* readEventStream(
  body: ReadableStream<Uint8Array>,
): AsyncGenerator<StreamEvent, void, void> {
  const decoder = new TextDecoder();
  let buffer = "";
  for await (const chunk of body) {
    buffer += decoder.decode(chunk, { stream: true });
    for (let end = buffer.indexOf("\n\n"); end >= 0; end = buffer.indexOf("\n\n")) {
      const event = parseEvent(buffer.slice(0, end));
      buffer = buffer.slice(end + 2);
      if (event !== undefined) yield event;
    }
    if (buffer.length > BUFFER_MAX) throw new RangeError("an event of the stream is too long");
  }
}

function parseEvent(block: string): StreamEvent | undefined {
  let event = "message";
  let id: string | undefined;
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const field = line.slice(0, colon);
    const value = line.slice(colon + 1).replace(/^ /, "");
    if (field === "data") data.push(value);
    else if (field === "event") event = value;
    else if (field === "id") id = value;
  }
  return data.length === 0 ? undefined : { event, data: data.join("\n"), id };
}
