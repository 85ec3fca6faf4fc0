-- Roles that policies and tokens speak of
--
-- Roles belong to the whole server: another project may have made them, or be making them at this very moment.
-- The connected user must be able to become each of them (SET) and to use what they own (INHERIT).
do $$
declare
  wanted record;
  usable boolean;
begin
  for wanted in
    select * from (values
      ('anon', 'nologin noinherit'),
      ('authenticated', 'nologin noinherit'),
      ('service_role', 'nologin noinherit bypassrls'),
      ('supabase_realtime_admin', 'nologin noinherit')
    ) as role (name, attributes)
  loop
    if not exists (select from pg_roles where rolname = wanted.name) then
      begin
        execute format('create role %I %s', wanted.name, wanted.attributes);
      exception when duplicate_object or unique_violation then
        null;
      end;
    end if;

    usable := pg_has_role(current_user, wanted.name, 'usage');
    if current_setting('server_version_num')::int >= 160000 then
      usable := usable and pg_has_role(current_user, wanted.name, 'set');
    end if;
    if not usable then
      execute format('grant %I to %I', wanted.name, current_user);
    end if;
  end loop;
end $$;
