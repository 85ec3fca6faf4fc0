-- Daily partitions of the messages table
--
-- One from yesterday to three days ahead; those whose day ended more than 72 hours ago go. Attaching a finished table
-- does not block writers, where `partition of` would; a busy table is left for the next call rather than waited for.
create or replace function realtime.ensure_partitions(at timestamptz default now())
  returns void
  language plpgsql
  set lock_timeout = '2s'
as $$
declare
  today constant date := (at at time zone 'utc')::date;
  first_kept constant date := ((at - interval '72 hours') at time zone 'utc')::date;
  day date;
  partition text;
begin
  if (select relkind from pg_class where oid = to_regclass('realtime.messages')) is distinct from 'p' then
    return;
  end if;
  perform pg_advisory_xact_lock(hashtextextended('realtime.ensure_partitions', 0));

  for day in select generate_series(today - 1, today + 3, interval '1 day') loop
    partition := 'messages_' || to_char(day, 'YYYY_MM_DD');
    continue when to_regclass('realtime.' || partition) is not null;
    execute format('create table realtime.%I (like realtime.messages including defaults including constraints)', partition);
    execute format('alter table realtime.%I owner to supabase_realtime_admin', partition);
    execute format(
      'alter table realtime.messages attach partition realtime.%I for values from (%L) to (%L)', partition, day, day + 1);
  end loop;

  for partition in
    select relname
      from pg_inherits join pg_class on pg_class.oid = inhrelid
     where inhparent = 'realtime.messages'::regclass
       and relname ~ '^messages_\d{4}_\d{2}_\d{2}$'
       and to_date(substr(relname, 10), 'YYYY_MM_DD') < first_kept
  loop
    execute format('drop table realtime.%I', partition);
  end loop;
end $$;

alter function realtime.ensure_partitions(timestamptz) owner to supabase_realtime_admin;
revoke execute on function realtime.ensure_partitions(timestamptz) from public;
