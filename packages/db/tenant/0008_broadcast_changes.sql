-- The trigger's way to broadcast a row
do $$
begin
  if to_regprocedure('realtime.broadcast_changes(text, text, text, text, text, record, record, text)') is null then
    create function realtime.broadcast_changes(
      topic_name text, event_name text, operation text, table_name text, table_schema text,
      new record, old record, level text default 'ROW'
    )
      returns void
      language plpgsql
    as $body$
    begin
      if level = 'STATEMENT' then
        raise exception 'realtime.broadcast_changes needs a trigger for each row, not for each statement';
      end if;
      if operation not in ('INSERT', 'UPDATE', 'DELETE') then
        raise exception 'realtime.broadcast_changes does not know the operation %', operation;
      end if;
      perform realtime.send(
        jsonb_build_object(
          'schema', table_schema,
          'table', table_name,
          'operation', operation,
          'record', to_jsonb(new),
          'old_record', to_jsonb(old)
        ),
        event_name,
        topic_name
      );
    end $body$;
    alter function realtime.broadcast_changes(text, text, text, text, text, record, record, text)
      owner to supabase_realtime_admin;
  end if;
end $$;
