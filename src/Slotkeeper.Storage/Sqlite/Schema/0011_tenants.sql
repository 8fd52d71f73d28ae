-- A row never points into another agency: what PostgreSQL says with keys and triggers. Keys and calendars of workspaces are held by (agency_id, id) already.
-- A booking outlives its workspace and its connection; a calendar belongs to no agency unless its connection does; a delivery has its agency from its endpoint.
CREATE TRIGGER offers_of_the_agency_on_insert BEFORE INSERT ON offers
WHEN NOT EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id = NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: an offer and its workspace belong to one');
END;
CREATE TRIGGER offers_of_the_agency_on_update BEFORE UPDATE OF agency_id, workspace_id ON offers
WHEN NOT EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id = NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: an offer and its workspace belong to one');
END;

CREATE TRIGGER follow_ups_of_the_agency_on_insert BEFORE INSERT ON follow_ups
WHEN NOT EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id = NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a follow-up and its workspace belong to one');
END;
CREATE TRIGGER follow_ups_of_the_agency_on_update BEFORE UPDATE OF agency_id, workspace_id ON follow_ups
WHEN NOT EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id = NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a follow-up and its workspace belong to one');
END;

CREATE TRIGGER bookings_of_the_agency_on_insert BEFORE INSERT ON bookings
WHEN EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id <> NEW.agency_id)
  OR EXISTS (SELECT 1 FROM connections WHERE id = NEW.connection_id AND agency_id <> NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a booking and its workspace and connection belong to one');
END;
CREATE TRIGGER bookings_of_the_agency_on_update BEFORE UPDATE OF agency_id, workspace_id, connection_id ON bookings
WHEN EXISTS (SELECT 1 FROM workspaces WHERE id = NEW.workspace_id AND agency_id <> NEW.agency_id)
  OR EXISTS (SELECT 1 FROM connections WHERE id = NEW.connection_id AND agency_id <> NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a booking and its workspace and connection belong to one');
END;

CREATE TRIGGER workspace_calendars_of_the_agency_on_insert BEFORE INSERT ON workspace_calendars
WHEN EXISTS (SELECT 1 FROM calendars c JOIN connections k ON k.id = c.connection_id WHERE c.id = NEW.calendar_id AND k.agency_id <> NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a workspace and the connection of its calendar belong to one');
END;
CREATE TRIGGER workspace_calendars_of_the_agency_on_update BEFORE UPDATE OF agency_id, calendar_id ON workspace_calendars
WHEN EXISTS (SELECT 1 FROM calendars c JOIN connections k ON k.id = c.connection_id WHERE c.id = NEW.calendar_id AND k.agency_id <> NEW.agency_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a workspace and the connection of its calendar belong to one');
END;

CREATE TRIGGER deliveries_of_the_agency_on_insert BEFORE INSERT ON deliveries
WHEN EXISTS (SELECT 1 FROM webhook_endpoints e JOIN workspaces w ON w.agency_id <> e.agency_id WHERE e.id = NEW.endpoint_id AND w.id = NEW.workspace_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a delivery and its workspace belong to one');
END;
CREATE TRIGGER deliveries_of_the_agency_on_update BEFORE UPDATE OF endpoint_id, workspace_id ON deliveries
WHEN EXISTS (SELECT 1 FROM webhook_endpoints e JOIN workspaces w ON w.agency_id <> e.agency_id WHERE e.id = NEW.endpoint_id AND w.id = NEW.workspace_id)
BEGIN
  SELECT RAISE(ABORT, 'another_agency: a delivery and its workspace belong to one');
END;

-- Nothing changes hands.
CREATE TRIGGER workspaces_stay BEFORE UPDATE OF agency_id ON workspaces
WHEN NEW.agency_id <> OLD.agency_id
BEGIN
  SELECT RAISE(ABORT, 'another_agency: what belongs to one never changes hands');
END;
CREATE TRIGGER connections_stay BEFORE UPDATE OF agency_id ON connections
WHEN NEW.agency_id <> OLD.agency_id
BEGIN
  SELECT RAISE(ABORT, 'another_agency: what belongs to one never changes hands');
END;
CREATE TRIGGER webhook_endpoints_stay BEFORE UPDATE OF agency_id ON webhook_endpoints
WHEN NEW.agency_id <> OLD.agency_id
BEGIN
  SELECT RAISE(ABORT, 'another_agency: what belongs to one never changes hands');
END;
