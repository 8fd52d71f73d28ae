-- People who signed in with a key. secret_hash: SHA-256 of what their cookie holds. key_id: of the key, or what stands for the one from the settings.
CREATE TABLE sessions (
  secret_hash blob NOT NULL PRIMARY KEY,
  key_id      text NOT NULL,
  created_at  integer NOT NULL,
  seen_at     integer NOT NULL
) STRICT;
