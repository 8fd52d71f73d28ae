-- When a key was last seen at work, to the minute.
ALTER TABLE api_keys ADD COLUMN last_used_at integer;

-- What the secrets of each agency are sealed with; sealed by a master key. It outlives its agency while a webhook of it has yet to be removed at a provider.
CREATE TABLE data_keys (
  agency_id  text NOT NULL PRIMARY KEY,
  sealed_key blob NOT NULL,
  created_at integer NOT NULL
) STRICT;

-- Whose the credential is. Null where the connection was gone before this step.
ALTER TABLE former_webhooks ADD COLUMN agency_id text;
UPDATE former_webhooks SET agency_id = (SELECT c.agency_id FROM connections c WHERE c.id = former_webhooks.connection_id);
