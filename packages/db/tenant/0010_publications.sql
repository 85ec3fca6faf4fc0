-- Publications that are streamed
--
-- Tables are added to the first by the project's owner. The second names the parent of the partitions, so that a new
-- day does not look like a new table.
do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
  if not exists (select from pg_publication where pubname = 'supabase_realtime_messages_publication') then
    create publication supabase_realtime_messages_publication
      for table realtime.messages
      with (publish = 'insert', publish_via_partition_root = true);
  end if;
end $$;
