import { expect, test } from "vitest";
import { jsonV2 } from "../phoenix/json-v2.ts";
import { changeFrame, legacyChangeFrame } from "./changes.ts";

const DATA = '{"schema":"public","record":{"n":12345678901234567890.10}}';

test("[R7] a change carries its ids and the finished data, digit for digit", () => {
  expect(jsonV2.encode(changeFrame("realtime:db", [7, 7], DATA))).toBe(
    `[null,null,"realtime:db","postgres_changes",{"ids":[7,7],"data":${DATA}}]`,
  );
});

test("[J17] old channels get the type as event and the bare data", () => {
  expect(jsonV2.encode(legacyChangeFrame("realtime:public:t", "INSERT", DATA))).toBe(
    `[null,null,"realtime:public:t","INSERT",${DATA}]`,
  );
});
