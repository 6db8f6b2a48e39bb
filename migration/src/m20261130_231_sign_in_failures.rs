//! Failed sign-ins by account and by where they come from, beside those of the account over all places. New columns are
//! nullable: what is null takes no part in the hash of a row, so that rows of before stay what they were.

crate::change!(
    r"
ALTER TABLE account ADD COLUMN failing_since {instant};
ALTER TABLE account ADD COLUMN locks INTEGER;
ALTER TABLE account ADD COLUMN source_locked_until {instant};
CREATE TABLE sign_in_failure (
    id {id},
    account_id BIGINT NOT NULL REFERENCES account (id),
    source TEXT NOT NULL,
    failures INTEGER NOT NULL,
    failing_since {instant},
    locks INTEGER,
    locked_until {instant},
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX sign_in_failure_source ON sign_in_failure (account_id, source);
"
);
