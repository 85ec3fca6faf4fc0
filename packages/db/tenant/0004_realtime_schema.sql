-- Rights on the realtime schema
do $$
begin
  if not has_schema_privilege('anon', 'realtime', 'usage')
     or not has_schema_privilege('authenticated', 'realtime', 'usage')
     or not has_schema_privilege('service_role', 'realtime', 'usage') then
    grant usage on schema realtime to anon, authenticated, service_role;
  end if;
  if not has_schema_privilege('supabase_realtime_admin', 'realtime', 'create, usage') then
    grant usage, create on schema realtime to supabase_realtime_admin;
  end if;
end $$;
