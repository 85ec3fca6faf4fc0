import { expect, test } from "vitest";
import { readEventStream } from "./event-stream.ts";

function streamOf(...chunks: (string | Uint8Array)[]): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks)
        controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk);
      controller.close();
    },
  });
}

async function read(...chunks: (string | Uint8Array)[]) {
  const events = [];
  for await (const event of readEventStream(streamOf(...chunks))) events.push(event);
  return events;
}

test("events are found wherever the chunks were cut, even inside a character", async () => {
  const bytes = new TextEncoder().encode('event: ping\ndata: \n\n\ndata: {"a":"é"}\nid: 7\n\n\n');
  const events = await read(...Array.from(bytes, (byte) => Uint8Array.of(byte)));
  expect(events).toEqual([
    { event: "ping", data: "", id: undefined },
    { event: "message", data: '{"a":"é"}', id: "7" },
  ]);
});

test("comments and an unfinished event at the end yield nothing", async () => {
  expect(await read(": hello\n\n", "data: 1\n\ndata: 2")).toEqual([
    { event: "message", data: "1", id: undefined },
  ]);
});

test("several data lines are one text", async () => {
  expect(await read("data: a\ndata: b\n\n")).toEqual([{ event: "message", data: "a\nb", id: undefined }]);
});
