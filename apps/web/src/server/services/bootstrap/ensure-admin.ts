import type { Db } from "@tidewire/db/client";
import type { Auth } from "../../auth.ts";

export interface Admin {
  email: string;
  password: string;
}

/** The first person, who may sign in with this password from now on; one who exists keeps his own. @returns the user's id */
export async function ensureAdmin(db: Db, auth: Auth, { email, password }: Admin): Promise<string> {
  const { internalAdapter, password: passwords } = await auth.$context;
  const address = email.toLowerCase();
  const user =
    (await db.user.findUnique({ where: { email: address } })) ??
    (await internalAdapter.createUser(
      { email: address, name: toName(address), emailVerified: true },
      { method: "email-password" },
    ));
  const accounts = await internalAdapter.findAccounts(user.id);
  if (!accounts.some(({ providerId }) => providerId === "credential")) {
    await internalAdapter.linkAccount({
      userId: user.id,
      accountId: user.id,
      providerId: "credential",
      password: await passwords.hash(password),
    });
  }
  return user.id;
}

function toName(email: string): string {
  return email.slice(0, email.indexOf("@"));
}
