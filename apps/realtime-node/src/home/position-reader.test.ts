import { expect, test } from "vitest";
import { createDeferred, type Deferred } from "../deferred.ts";
import { PositionReader } from "./position-reader.ts";

test("[P8] nobody gets a position that was read before it was asked for; waiting askers share one", async () => {
  const reads: Deferred<string>[] = [];
  const reader = new PositionReader((work) =>
    work({
      rows: async () => {
        const read = createDeferred<string>();
        reads.push(read);
        return [{ lsn: await read.promise }];
      },
    }),
  );
  const first = reader.read();
  const [second, third] = [reader.read(), reader.read()];
  expect(reads).toHaveLength(1);
  reads[0]?.resolve("0/1");
  expect(await first).toBe("0/1");
  await Promise.resolve();
  expect(reads).toHaveLength(2);
  reads[1]?.resolve("0/2");
  expect(await Promise.all([second, third])).toEqual(["0/2", "0/2"]);
  const fourth = reader.read();
  reads[2]?.reject(new Error("away"));
  await expect(fourth).rejects.toThrow("away");
  const fifth = reader.read();
  reads[3]?.resolve("0/5");
  expect(await fifth).toBe("0/5");
});
