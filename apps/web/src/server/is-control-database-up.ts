import type { Resources } from "./resources.ts";

const DEADLINE_MS = 2_000;

/** Whether the control database answers within two seconds. Does not reject. */
export async function isControlDatabaseUp({ db }: Pick<Resources, "db">): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), DEADLINE_MS);
  });
  const answer = db.$queryRaw`select 1`.then(
    () => true,
    () => false,
  );
  const isUp = await Promise.race([answer, tooLate]);
  clearTimeout(timer);
  return isUp;
}
