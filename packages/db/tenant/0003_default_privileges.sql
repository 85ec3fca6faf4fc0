-- Rights of the roles on what is created in public
--
-- As on Supabase: grants are wide, row level security decides. Only objects that the connected user creates from now on.
do $$
begin
  if not has_schema_privilege('anon', 'public', 'usage')
     or not has_schema_privilege('authenticated', 'public', 'usage')
     or not has_schema_privilege('service_role', 'public', 'usage') then
    grant usage on schema public to anon, authenticated, service_role;
  end if;
end $$;

alter default privileges in schema public grant all on tables to anon, authenticated, service_role;
alter default privileges in schema public grant all on sequences to anon, authenticated, service_role;
alter default privileges in schema public grant all on functions to anon, authenticated, service_role;
