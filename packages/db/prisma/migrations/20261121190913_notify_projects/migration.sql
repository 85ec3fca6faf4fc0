-- Nodes keep what they know of a project until they hear its ref on this channel. Whatever changes what a node would
-- read raises the version; whatever raises the version is announced when the transaction commits.

create function project_raise_version() returns trigger language plpgsql as $$
begin
  new.version := old.version + 1;
  return new;
end $$;

create trigger project_raise_version
  before update on project
  for each row
  when ((old.name, old.region_id, old.database_url, old.jwt_secret, old.jwks, old.limits, old.settings, old.status)
        is distinct from
        (new.name, new.region_id, new.database_url, new.jwt_secret, new.jwks, new.limits, new.settings, new.status))
  execute function project_raise_version();

create function project_announce() returns trigger language plpgsql as $$
begin
  perform pg_notify('tidewire_projects', coalesce(new.ref, old.ref));
  return null;
end $$;

create trigger project_announce
  after insert or delete on project
  for each row
  execute function project_announce();

create trigger project_announce_version
  after update on project
  for each row
  when (old.version <> new.version)
  execute function project_announce();

create function api_key_touch_project() returns trigger language plpgsql as $$
begin
  update project set version = version + 1 where ref = coalesce(new.project_ref, old.project_ref);
  return null;
end $$;

create trigger api_key_touch_project
  after insert or delete on api_key
  for each row
  execute function api_key_touch_project();

-- Not `last_used_at`: a busy key would make every node read its project again and again.
create trigger api_key_touch_project_update
  after update on api_key
  for each row
  when ((old.kind, old.hash, old.revoked_at, old.expires_at) is distinct from (new.kind, new.hash, new.revoked_at, new.expires_at))
  execute function api_key_touch_project();
