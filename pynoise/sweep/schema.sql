-- The store of a sweep. `results_stay` keeps what is done as it is.
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

-- Data sets, by the digest of what is in them, and how to load them again (JSON).
CREATE TABLE data (digest TEXT PRIMARY KEY, name TEXT NOT NULL, origin TEXT NOT NULL) WITHOUT ROWID;

-- What many trials have alike, as JSON: all of a setting but level, seed and K; names of what results hold;
-- versions and hardware.
CREATE TABLE words (id INTEGER PRIMARY KEY, content TEXT NOT NULL UNIQUE);

CREATE TABLE trials (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    setting INTEGER NOT NULL REFERENCES words (id),
    level REAL,
    seed TEXT, -- up to 2^64 - 1, which no integer of SQLite holds
    k INTEGER,
    state TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'running', 'done', 'failed')),
    attempts INTEGER NOT NULL DEFAULT 0,
    accuracy REAL,
    names INTEGER REFERENCES words (id),
    result TEXT, -- values of these names, a list in JSON
    error TEXT,
    provenance INTEGER REFERENCES words (id),
    finished TEXT
);
CREATE INDEX trials_by_state ON trials (state, setting);

CREATE TABLE epochs (
    trial INTEGER NOT NULL REFERENCES trials (id),
    epoch INTEGER NOT NULL,
    metrics TEXT NOT NULL,
    PRIMARY KEY (trial, epoch)
) WITHOUT ROWID;

CREATE TRIGGER results_stay BEFORE UPDATE ON trials WHEN OLD.state = 'done'
BEGIN
    SELECT RAISE(ABORT, 'a result does not change');
END;

CREATE TRIGGER trials_stay BEFORE DELETE ON trials
BEGIN
    SELECT RAISE(ABORT, 'a trial is not removed');
END;
