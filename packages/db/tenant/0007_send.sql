-- Functions that send a message from SQL
--
-- A failure is a warning: a message that cannot be sent must not undo the work that wanted to tell about it.
do $$
begin
  if to_regprocedure('realtime.topic()') is null then
    create function realtime.topic() returns text language sql stable as $body$
      select nullif(current_setting('realtime.topic', true), '')
    $body$;
    alter function realtime.topic() owner to supabase_realtime_admin;
  end if;

  if to_regprocedure('realtime.send(jsonb, text, text, boolean)') is null then
    create function realtime.send(payload jsonb, event text, topic text, private boolean default true)
      returns void
      language plpgsql
    as $body$
    declare
      message_id constant uuid := gen_random_uuid();
    begin
      if jsonb_typeof(payload) <> 'object' then
        raise exception 'the payload must be a JSON object';
      end if;
      if not payload ? 'id' then
        payload := payload || jsonb_build_object('id', message_id);
      end if;
      perform set_config('realtime.topic', topic, true);
      insert into realtime.messages (id, payload, event, topic, private, extension)
      values (message_id, payload, event, topic, private, 'broadcast');
    exception when others then
      raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
    end $body$;
    alter function realtime.send(jsonb, text, text, boolean) owner to supabase_realtime_admin;
  end if;

  if to_regprocedure('realtime.send_binary(bytea, text, text, boolean)') is null then
    create function realtime.send_binary(payload bytea, event text, topic text, private boolean default true)
      returns void
      language plpgsql
    as $body$
    begin
      perform set_config('realtime.topic', topic, true);
      insert into realtime.messages (binary_payload, event, topic, private, extension)
      values (payload, event, topic, private, 'broadcast');
    exception when others then
      raise warning 'WarnSendingBroadcastMessage: %', sqlerrm;
    end $body$;
    alter function realtime.send_binary(bytea, text, text, boolean) owner to supabase_realtime_admin;
  end if;
end $$;
