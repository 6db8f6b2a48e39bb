//! Accounts, grants, sessions.

crate::change!(
    r"
CREATE TABLE account (
    id {id},
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    person_id BIGINT,
    password TEXT,
    one_time BOOLEAN NOT NULL,
    totp_secret {blob},
    totp_step BIGINT,
    phone {blob},
    key_salt {blob} NOT NULL,
    disabled BOOLEAN NOT NULL,
    system BOOLEAN NOT NULL,
    failures INTEGER NOT NULL,
    locked_until {instant},
    valid_until DATE,
    created_at {instant} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE role_grant (
    id {id},
    account_id BIGINT NOT NULL REFERENCES account (id),
    role TEXT NOT NULL,
    line TEXT,
    scope TEXT NOT NULL,
    state TEXT NOT NULL,
    valid_from DATE,
    valid_until DATE,
    proposed_by BIGINT REFERENCES account (id),
    confirmed_by BIGINT REFERENCES account (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE session (
    id {id},
    account_id BIGINT NOT NULL REFERENCES account (id),
    refresh_hash TEXT NOT NULL,
    previous_hash TEXT,
    scope TEXT NOT NULL,
    created_at {instant} NOT NULL,
    used_at {instant} NOT NULL,
    expires_at {instant} NOT NULL,
    ended_at {instant},
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE platform_client (
    id {id},
    client_id TEXT NOT NULL,
    name TEXT NOT NULL,
    secret_hash TEXT NOT NULL,
    grants TEXT NOT NULL,
    disabled BOOLEAN NOT NULL,
    valid_until DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE deputy (
    id {id},
    from_account_id BIGINT NOT NULL REFERENCES account (id),
    to_account_id BIGINT NOT NULL REFERENCES account (id),
    from_date DATE NOT NULL,
    until DATE NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX account_username ON account (username) WHERE NOT voided;
CREATE INDEX role_grant_account ON role_grant (account_id);
CREATE INDEX session_account ON session (account_id);
CREATE UNIQUE INDEX session_refresh ON session (refresh_hash);
CREATE INDEX session_previous ON session (previous_hash);
CREATE UNIQUE INDEX platform_client_id ON platform_client (client_id) WHERE NOT voided;
CREATE INDEX deputy_to ON deputy (to_account_id);
"
);
