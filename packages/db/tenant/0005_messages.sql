-- The table of messages sent from the database
--
-- Column for column what clients of Supabase write policies against.
do $$
begin
  if to_regclass('realtime.messages') is null then
    create table realtime.messages (
      topic text not null,
      extension text not null,
      payload jsonb,
      event text,
      private boolean default false,
      updated_at timestamp not null default now(),
      inserted_at timestamp not null default now(),
      id uuid not null default gen_random_uuid(),
      binary_payload bytea,
      primary key (id, inserted_at)
    ) partition by range (inserted_at);
    alter table realtime.messages enable row level security;
    grant select, insert, update on realtime.messages to anon, authenticated, service_role;
    alter table realtime.messages owner to supabase_realtime_admin;
  end if;

  -- Messages tables of older servers know neither of these.
  if not exists (
    select from pg_attribute
     where attrelid = 'realtime.messages'::regclass and attname = 'binary_payload' and not attisdropped
  ) then
    alter table realtime.messages add column binary_payload bytea;
  end if;

  if not exists (
    select from pg_constraint
     where conrelid = 'realtime.messages'::regclass and contype = 'c'
       and pg_get_constraintdef(oid) like '%binary_payload%'
  ) then
    alter table realtime.messages
      add constraint messages_one_payload check (payload is null or binary_payload is null) not valid;
  end if;

  -- Serves replay: the newest private broadcasts of one topic.
  if not exists (
    select from pg_index
     where indrelid = 'realtime.messages'::regclass and pg_get_indexdef(indexrelid) like '%(inserted_at DESC, topic)%'
  ) then
    create index messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
      where extension = 'broadcast' and private is true;
  end if;
end $$;
