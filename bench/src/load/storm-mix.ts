import { signUserToken } from "@tidewire/testkit/tokens";
import type { Joiner } from "./join-burst.ts";

/** `everybody`: each socket is a user of its own. `few`: twenty users with a hundred sockets each. */
export type StormMix = "everybody" | "few";

const USERS_FEW = 20;
const TEAMS = 100;
const TEAMS_EACH = 2;

/**
 * Policies as a chat product has them: everybody's own inbox by `auth.uid()`, teams by a membership table, an
 * organisation by a claim, and a lobby for whoever is signed in.
 */
export const STORM_SQL = `
  create table public.team_members (user_id uuid, team int, primary key (user_id, team));
  insert into public.team_members
    select ('00000000-0000-4000-8000-' || lpad(n::text, 12, '0'))::uuid, (n + t) % ${TEAMS}
    from generate_series(0, 9999) n, generate_series(0, ${TEAMS_EACH - 1}) t;
  grant select on public.team_members to authenticated;
  create policy "own inbox" on realtime.messages for select to authenticated
    using (realtime.topic() = 'inbox:' || (select auth.uid())::text);
  create policy "teams" on realtime.messages for select to authenticated
    using (exists (select from public.team_members m
      where m.user_id = (select auth.uid()) and realtime.topic() = 'team:' || m.team));
  create policy "organisation" on realtime.messages for select to authenticated
    using (realtime.topic() = 'org:' || (auth.jwt() ->> 'org'));
  create policy "lobby" on realtime.messages for select to authenticated
    using (realtime.topic() like 'lobby:%');
  create policy "lobby is open" on realtime.messages for insert to authenticated
    with check (realtime.topic() like 'lobby:%');`;

export function stormJoiners(mix: StormMix, sockets: number, jwtSecret: string): Joiner[] {
  const users = Array.from({ length: mix === "few" ? USERS_FEW : sockets }, (_, index) =>
    toJoiner(index, jwtSecret),
  );
  return Array.from({ length: sockets }, (_, index) => users[index % users.length] as Joiner);
}

function toJoiner(index: number, jwtSecret: string): Joiner {
  const sub = `00000000-0000-4000-8000-${String(index).padStart(12, "0")}`;
  const org = `org-${index % 50}`;
  const teams = Array.from({ length: TEAMS_EACH }, (_, team) => `team:${(index + team) % TEAMS}`);
  const topics = [`inbox:${sub}`, ...teams, `org:${org}`, `lobby:${index % 10}`];
  return {
    token: signUserToken(jwtSecret, { sub, org, email: `user${index}@example.com`, session_id: `s${index}` }),
    topics: topics.map((topic) => `realtime:${topic}`),
  };
}
