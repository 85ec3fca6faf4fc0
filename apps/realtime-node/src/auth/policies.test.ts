import type { AuthorizeRequest, Grants } from "@tidewire/protocol/cluster/home";
import { describe, expect, test } from "vitest";
import { Policies } from "./policies.ts";

const subject = {
  ref: "abcdefghijklmnopqrst",
  topic: "room",
  claims: { role: "anon" },
  headers: { "x-a": "1" },
};

function home(answer: (request: AuthorizeRequest) => Grants | Error) {
  const asked: AuthorizeRequest[] = [];
  return {
    asked,
    async authorize(_ref: string, request: AuthorizeRequest) {
      asked.push(request);
      const grants = answer(request);
      if (grants instanceof Error) throw grants;
      return grants;
    },
  };
}

describe("policies of a channel", () => {
  test("[7.1] presence is asked for only when it is enabled, and left open otherwise", async () => {
    const authorizer = home((request) => Object.fromEntries(request.extensions.map((name) => [name, true])));
    const policies = await Policies.read(authorizer, subject, { presence: false });
    expect(authorizer.asked[0]?.extensions).toEqual(["broadcast"]);
    expect(policies.mayReadBroadcast).toBe(true);
    expect(policies.mayReadPresence).toBe(false);

    await policies.readPresence();
    await policies.readPresence();

    expect(policies.mayReadPresence).toBe(true);
    expect(authorizer.asked.map(({ extensions }) => extensions)).toEqual([["broadcast"], ["presence"]]);
  });

  test("[4.2] writing is asked once, also by sends that come together, and a no is remembered", async () => {
    const authorizer = home(({ action }) => ({ broadcast: action === "read", presence: true }));
    const policies = await Policies.read(authorizer, subject, { presence: true });
    expect(await Promise.all([policies.write(), policies.write()])).toEqual([
      { broadcast: false, presence: true },
      { broadcast: false, presence: true },
    ]);
    expect(policies.write()).toEqual({ broadcast: false, presence: true });
    expect(authorizer.asked).toHaveLength(2);
  });

  test("a check that failed is not remembered", async () => {
    const answers = [{ broadcast: true }, new Error("pool busy"), { broadcast: true }];
    const authorizer = home(() => answers.shift() ?? new Error("asked too often"));
    const policies = await Policies.read(authorizer, subject, { presence: false });
    await expect(policies.write()).rejects.toThrow("pool busy");
    expect(await policies.write()).toEqual({ broadcast: true });
  });

  test("public channels may do everything and ask nobody", () => {
    const policies = Policies.everything(subject);
    expect(policies.mayReadBroadcast && policies.mayReadPresence).toBe(true);
    expect(policies.write()).toEqual({ broadcast: true, presence: true });
  });
});
