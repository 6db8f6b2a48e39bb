//! Accounts enrol a second factor in two steps and one-time passwords end; a session knows all refresh tokens it ever
//! gave by their family, how it began and for whom it acts; deputies take a second account; a platform client is an
//! account whose grants are role grants like any other.

crate::change!(
    r"
ALTER TABLE account ADD COLUMN totp_pending {blob};
ALTER TABLE account ADD COLUMN one_time_until {instant};
DROP INDEX session_previous;
ALTER TABLE session DROP COLUMN previous_hash;
ALTER TABLE session ADD COLUMN family_hash TEXT;
ALTER TABLE session ADD COLUMN kind TEXT NOT NULL DEFAULT 'PASSWORD';
ALTER TABLE session ADD COLUMN acting_for BIGINT;
ALTER TABLE deputy ADD COLUMN state TEXT NOT NULL DEFAULT 'PROPOSED';
ALTER TABLE deputy ADD COLUMN proposed_by BIGINT;
ALTER TABLE deputy ADD COLUMN confirmed_by BIGINT;
ALTER TABLE platform_client ADD COLUMN account_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE platform_client DROP COLUMN name;
ALTER TABLE platform_client DROP COLUMN grants;
ALTER TABLE platform_client DROP COLUMN disabled;
ALTER TABLE platform_client DROP COLUMN valid_until;
CREATE UNIQUE INDEX session_family ON session (family_hash);
CREATE INDEX role_grant_state ON role_grant (state, role);
CREATE INDEX account_person ON account (person_id);
CREATE INDEX deputy_from ON deputy (from_account_id);
CREATE UNIQUE INDEX platform_client_account ON platform_client (account_id) WHERE NOT voided;
"
);
