-- A row never points into another agency. Keys and calendars of workspaces are held by (agency_id, id) already; so are offers and follow-ups now.
ALTER TABLE offers DROP CONSTRAINT offers_workspace_id_fkey,
  ADD CONSTRAINT offers_of_the_agency FOREIGN KEY (agency_id, workspace_id) REFERENCES workspaces (agency_id, id) ON DELETE CASCADE;
ALTER TABLE follow_ups DROP CONSTRAINT follow_ups_workspace_id_fkey,
  ADD CONSTRAINT follow_ups_of_the_agency FOREIGN KEY (agency_id, workspace_id) REFERENCES workspaces (agency_id, id) ON DELETE CASCADE;

-- What a foreign key cannot say. A booking outlives its workspace and its connection; a calendar belongs to no agency unless its connection does; a
-- delivery has its agency from its endpoint. They look as the owner does, who sees the other agency's row.
CREATE FUNCTION refuse_bookings_of_another_agency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id <> NEW.agency_id)
    OR EXISTS (SELECT 1 FROM connections WHERE id = NEW.connection_id AND agency_id <> NEW.agency_id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'another_agency: a booking and its workspace and connection belong to one';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER bookings_of_the_agency BEFORE INSERT OR UPDATE OF agency_id, workspace_id, connection_id ON bookings
  FOR EACH ROW EXECUTE FUNCTION refuse_bookings_of_another_agency();

CREATE FUNCTION refuse_calendars_of_another_agency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM calendars c JOIN connections k ON k.id = c.connection_id WHERE c.id = NEW.calendar_id AND k.agency_id <> NEW.agency_id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'another_agency: a workspace and the connection of its calendar belong to one';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER workspace_calendars_of_the_agency BEFORE INSERT OR UPDATE OF agency_id, calendar_id ON workspace_calendars
  FOR EACH ROW EXECUTE FUNCTION refuse_calendars_of_another_agency();

CREATE FUNCTION refuse_deliveries_of_another_agency() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM webhook_endpoints e JOIN workspaces w ON w.agency_id <> e.agency_id WHERE e.id = NEW.endpoint_id AND w.id = NEW.workspace_id) THEN
    RAISE foreign_key_violation USING MESSAGE = 'another_agency: a delivery and its workspace belong to one';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER deliveries_of_the_agency BEFORE INSERT OR UPDATE OF endpoint_id, workspace_id ON deliveries
  FOR EACH ROW EXECUTE FUNCTION refuse_deliveries_of_another_agency();

-- Nothing changes hands.
CREATE FUNCTION refuse_another_agency() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.agency_id IS DISTINCT FROM OLD.agency_id THEN
    RAISE foreign_key_violation USING MESSAGE = 'another_agency: what belongs to one never changes hands';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER workspaces_stay BEFORE UPDATE OF agency_id ON workspaces FOR EACH ROW EXECUTE FUNCTION refuse_another_agency();
CREATE TRIGGER connections_stay BEFORE UPDATE OF agency_id ON connections FOR EACH ROW EXECUTE FUNCTION refuse_another_agency();
CREATE TRIGGER webhook_endpoints_stay BEFORE UPDATE OF agency_id ON webhook_endpoints FOR EACH ROW EXECUTE FUNCTION refuse_another_agency();

-- The role that requests of an agency act under. It owns nothing, logs in nowhere, and belongs to all databases of the server.
DO $$
BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'slotkeeper_tenant') THEN
    BEGIN
      CREATE ROLE slotkeeper_tenant NOLOGIN;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- Another database of this server was a moment earlier.
    END;
  END IF;
  IF NOT pg_has_role(current_user, 'slotkeeper_tenant', 'MEMBER') THEN
    GRANT slotkeeper_tenant TO CURRENT_USER;
  END IF;
  IF NOT has_schema_privilege('slotkeeper_tenant', current_schema(), 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA %I TO slotkeeper_tenant', current_schema());
  END IF;
EXCEPTION WHEN insufficient_privilege THEN
  RAISE insufficient_privilege USING MESSAGE = format('role slotkeeper_tenant: %s', SQLERRM);
END $$;

-- Whoever acts under the role sees the rows of the agency that slotkeeper.agency names in the transaction; where it is not set, none. FORCE binds the owner as
-- well, and the policy "system" is what lets it see all: workers, administrators, what is shared.
DO $$
DECLARE
  me CONSTANT text := 'current_setting(''slotkeeper.agency'', true)';
  of_connection CONSTANT text := 'EXISTS (SELECT 1 FROM connections k WHERE k.id = connection_id AND k.agency_id = ' || me || ')';
  of_workspace CONSTANT text := 'EXISTS (SELECT 1 FROM workspaces w WHERE w.id = workspace_id AND w.agency_id = ' || me || ')';
  one record;
BEGIN
  FOR one IN
    SELECT * FROM (VALUES
      ('agencies', 'id = ' || me),
      ('booking_answers', 'tenant = ' || me),
      ('booking_provider_ids', 'EXISTS (SELECT 1 FROM bookings b WHERE b.id = booking_id AND b.agency_id = ' || me || ')'),
      ('deliveries', 'EXISTS (SELECT 1 FROM webhook_endpoints e WHERE e.id = endpoint_id AND e.agency_id = ' || me || ')'),
      ('leads', of_workspace), ('workspace_secrets', of_workspace), ('voice_lines', of_workspace),
      ('webhook_inbox', of_connection), ('webhook_registrations', of_connection), ('former_webhooks', of_connection), ('webhook_sources', of_connection),
      ('calendars', 'connection_id IS NULL OR ' || of_connection)) AS v (name, is_own)
    UNION ALL
    SELECT c.relname, 'agency_id = ' || me FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'agency_id' AND NOT a.attisdropped
    WHERE c.relkind = 'r' AND c.relnamespace = current_schema()::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one.name);
    EXECUTE format('CREATE POLICY system ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', one.name);
    EXECUTE format('CREATE POLICY tenant ON %I TO slotkeeper_tenant USING (%s) WITH CHECK (%s)', one.name, one.is_own, one.is_own);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %I TO slotkeeper_tenant', one.name);
  END LOOP;
END $$;

-- An agency adds to its own chain of the audit and reads it; nothing of it is changed or removed but by the system.
DO $$
DECLARE
  one text;
  is_own CONSTANT text := 'chain = current_setting(''slotkeeper.agency'', true)';
BEGIN
  FOREACH one IN ARRAY ARRAY['audit_chains', 'audit_records'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', one);
    EXECUTE format('CREATE POLICY system ON %I TO CURRENT_USER USING (true) WITH CHECK (true)', one);
    EXECUTE format('CREATE POLICY tenant ON %I TO slotkeeper_tenant USING (%s) WITH CHECK (%s)', one, is_own, is_own);
  END LOOP;
END $$;
GRANT SELECT, INSERT ON audit_records TO slotkeeper_tenant;
GRANT SELECT, INSERT, UPDATE ON audit_chains TO slotkeeper_tenant;

-- Shared by design and without personal data: whoever books has to meet everybody's claims. Snapshots, leases, runs and keys of the installation stay the system's.
GRANT SELECT, INSERT, UPDATE, DELETE ON resources, calendar_state, claims TO slotkeeper_tenant;
