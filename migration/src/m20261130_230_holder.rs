//! Who holds an account, as a person: the sealed ID number with its blind index, so that duties and four eyes hold between
//! people. One-time passwords that were given out: who asked, who confirmed, when they were used.

crate::change!(
    r"
ALTER TABLE account ADD COLUMN id_number {blob};
ALTER TABLE account ADD COLUMN id_blind {blob};
CREATE INDEX account_id_blind ON account (id_blind);
CREATE TABLE password_issue (
    id {id},
    account_id BIGINT NOT NULL REFERENCES account (id),
    kind TEXT NOT NULL,
    second_factor BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    half {blob},
    proposed_by BIGINT REFERENCES account (id),
    confirmed_by BIGINT REFERENCES account (id),
    proposed_at {instant} NOT NULL,
    issued_at {instant},
    used_at {instant},
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE INDEX password_issue_account ON password_issue (account_id);
CREATE INDEX password_issue_proposed ON password_issue (proposed_by);
CREATE INDEX password_issue_confirmed ON password_issue (confirmed_by);
"
);
