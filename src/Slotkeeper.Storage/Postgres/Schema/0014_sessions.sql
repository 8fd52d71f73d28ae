-- People who signed in with a key. secret_hash: SHA-256 of what their cookie holds. key_id: of the key, or what stands for the one from the settings.
CREATE TABLE sessions (
  secret_hash bytea NOT NULL PRIMARY KEY,
  key_id      text COLLATE "C" NOT NULL,
  created_at  bigint NOT NULL,
  seen_at     bigint NOT NULL
);
