-- When a key was last seen at work, to the minute.
ALTER TABLE api_keys ADD COLUMN last_used_at bigint;

-- What the secrets of each agency are sealed with; sealed by a master key. It outlives its agency while a webhook of it has yet to be removed at a provider.
CREATE TABLE data_keys (
  agency_id  text COLLATE "C" NOT NULL PRIMARY KEY,
  sealed_key bytea NOT NULL,
  created_at bigint NOT NULL
);

-- Whose the credential is. Null where the connection was gone before this step.
ALTER TABLE former_webhooks ADD COLUMN agency_id text COLLATE "C";
UPDATE former_webhooks SET agency_id = (SELECT c.agency_id FROM connections c WHERE c.id = former_webhooks.connection_id);

-- As for every table with an owner, see the step before.
ALTER TABLE data_keys ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY system ON data_keys TO CURRENT_USER USING (true) WITH CHECK (true);
CREATE POLICY tenant ON data_keys TO slotkeeper_tenant USING (agency_id = current_setting('slotkeeper.agency', true)) WITH CHECK (agency_id = current_setting('slotkeeper.agency', true));
GRANT SELECT, INSERT, UPDATE, DELETE ON data_keys TO slotkeeper_tenant;
