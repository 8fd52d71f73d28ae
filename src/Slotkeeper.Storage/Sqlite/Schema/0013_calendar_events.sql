-- What an event is about where only its newest state counts: while one waits, the next takes its place instead of standing behind it.
ALTER TABLE deliveries ADD COLUMN subject text;
CREATE INDEX deliveries_subject ON deliveries (endpoint_id, subject) WHERE subject IS NOT NULL AND state = 'pending';
