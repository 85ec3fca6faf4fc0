import { expect, test } from "vitest";
import { withoutPassword } from "./without-password.ts";

test.each([
  ["postgresql://me:secret@db.example:5432/shop", "postgresql://me:••••@db.example:5432/shop"],
  ["postgres://me:p@ss@word@db/shop", "postgres://me:••••@db/shop"],
  ["postgres://db/shop", "postgres://db/shop"],
])("the password of %s is not shown", (url, shown) => expect(withoutPassword(url)).toBe(shown));
