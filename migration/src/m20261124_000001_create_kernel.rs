//! The kernel: journal, idempotency, state history, jobs, files, settings.

crate::change!(
    r"
CREATE TABLE journal_entry (
    id {id},
    at {instant} NOT NULL,
    account_id BIGINT,
    actor TEXT NOT NULL,
    kind TEXT NOT NULL,
    command TEXT NOT NULL,
    command_version INTEGER NOT NULL,
    purpose TEXT,
    case_number TEXT,
    request_id TEXT,
    cause TEXT,
    happened_at {instant},
    body TEXT NOT NULL,
    position BIGINT
);
CREATE TABLE journal_block (
    number {id},
    first_position BIGINT NOT NULL,
    last_position BIGINT NOT NULL,
    leaves {blob} NOT NULL,
    root {blob} NOT NULL,
    previous {blob} NOT NULL,
    hash {blob} NOT NULL,
    key_id TEXT NOT NULL,
    signature {blob} NOT NULL,
    sealed_at {instant} NOT NULL
);
CREATE TABLE idempotency_key (
    id {id},
    scope TEXT NOT NULL,
    key TEXT NOT NULL,
    body_hash TEXT NOT NULL,
    result TEXT NOT NULL,
    created_at {instant} NOT NULL
);
CREATE TABLE state_change (
    id {id},
    aggregate TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    command TEXT NOT NULL,
    from_state TEXT,
    to_state TEXT NOT NULL,
    on_date DATE NOT NULL,
    recorded_at {instant} NOT NULL,
    account_id BIGINT,
    actor TEXT NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE person_access (
    id {id},
    person_id BIGINT NOT NULL,
    entry_id BIGINT NOT NULL,
    at {instant} NOT NULL,
    account_id BIGINT,
    actor TEXT NOT NULL,
    role TEXT NOT NULL,
    purpose TEXT,
    fields TEXT NOT NULL
);
CREATE TABLE job (
    id {id},
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT,
    done BIGINT NOT NULL,
    total BIGINT,
    account_id BIGINT,
    actor TEXT NOT NULL,
    created_at {instant} NOT NULL,
    claimed_until {instant},
    finished_at {instant},
    message TEXT
);
CREATE TABLE file (
    id {id},
    sha256 TEXT NOT NULL,
    size BIGINT NOT NULL,
    media_type TEXT NOT NULL,
    name TEXT NOT NULL,
    aggregate TEXT,
    row_id BIGINT,
    received BIGINT NOT NULL,
    complete BOOLEAN NOT NULL,
    account_id BIGINT,
    created_at {instant} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE setting (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL
);
CREATE INDEX journal_entry_unsealed ON journal_entry (id) WHERE position IS NULL;
CREATE UNIQUE INDEX journal_entry_position ON journal_entry (position);
CREATE UNIQUE INDEX idempotency_key_once ON idempotency_key (scope, key);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);
CREATE INDEX state_change_row ON state_change (aggregate, row_id, id);
CREATE INDEX person_access_person ON person_access (person_id, id);
CREATE INDEX job_waiting ON job (state, id);
CREATE INDEX file_row ON file (aggregate, row_id);
[postgres] CREATE SEQUENCE minzheng_id START 1 INCREMENT 1000;
[postgres] CREATE SEQUENCE journal_entry_id START 1;
INSERT INTO setting (name, value) VALUES ('next_id', '1');
INSERT INTO setting (name, value) VALUES ('figures_position', '0');
"
);
