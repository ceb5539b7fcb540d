#pragma once

namespace sekimori {

// Version 2, in PRAGMA user_version. Moments are nanoseconds since 1970. `type` as EventType,
// `mismatch` and `outcome` as their enumerators' numbers; `record` is a batch of one record
// (core/record/codec.h); `claims.json` as write_claim_json; `verdicts.open` is 1 while the end of
// the session may change the verdict; `boot` is the unsigned number's bits.
inline constexpr int kStoreVersion = 2;
// PRAGMA application_id, "SEKI": tells our file from anybody else's.
inline constexpr int kStoreApplication = 0x53454b49;

inline constexpr const char* kStoreSchema = R"sql(
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY,
  event_id BLOB NOT NULL UNIQUE,
  type INTEGER NOT NULL,
  client_ip TEXT NOT NULL,
  started INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  record BLOB NOT NULL
) STRICT;
CREATE INDEX sessions_client ON sessions (client_ip, started);
CREATE INDEX sessions_ended ON sessions (ended);
CREATE INDEX sessions_arrived ON sessions (type, arrived);

CREATE TABLE claims (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  time INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX claims_time ON claims (time);
CREATE INDEX claims_arrived ON claims (arrived);

CREATE TABLE verdicts (
  claim_id TEXT PRIMARY KEY,
  account TEXT NOT NULL,
  time INTEGER NOT NULL,
  outcome INTEGER NOT NULL,
  mismatch INTEGER NOT NULL,
  open INTEGER NOT NULL,
  findings TEXT NOT NULL,
  json TEXT NOT NULL
) STRICT;
CREATE INDEX verdicts_account ON verdicts (account, time);
CREATE INDEX verdicts_time ON verdicts (time);

CREATE TABLE sensors (
  name TEXT NOT NULL,
  boot INTEGER NOT NULL,
  committed INTEGER NOT NULL,
  arrived INTEGER NOT NULL,
  PRIMARY KEY (name, boot)
) STRICT;

CREATE TABLE counters (
  sensor TEXT NOT NULL,
  boot INTEGER NOT NULL,
  name TEXT NOT NULL,
  value INTEGER NOT NULL,
  PRIMARY KEY (sensor, boot, name)
) STRICT;
)sql";

// FULL: what a sensor was told to be committed must survive a power cut too. FAST overwrites what
// is deleted where it costs no further write. 64 MiB of pages in memory and a log of 32 MiB before
// it is worked in: with SQLite's 2 and 4 MiB a third as many records are kept in the same time.
inline constexpr const char* kStorePragmas =
    "PRAGMA auto_vacuum=INCREMENTAL; PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
    "PRAGMA secure_delete=FAST; PRAGMA trusted_schema=OFF; PRAGMA cache_size=-65536; "
    "PRAGMA wal_autocheckpoint=8192;";

// What version 2 brought. `kind` as LossKind; began and ended by the sensor's clock.
inline constexpr const char* kLossSchema = R"sql(
CREATE TABLE losses (
  sensor TEXT NOT NULL,
  kind INTEGER NOT NULL,
  began INTEGER NOT NULL,
  ended INTEGER NOT NULL,
  count INTEGER NOT NULL,
  interface TEXT NOT NULL,
  PRIMARY KEY (sensor, ended, began, kind, interface)
) STRICT, WITHOUT ROWID;
)sql";

}  // namespace sekimori
