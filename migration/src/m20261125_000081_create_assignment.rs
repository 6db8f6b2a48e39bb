//! Whose task a row is.

crate::change!(
    r"
CREATE TABLE assignment (
    id {id},
    aggregate TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    division TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX assignment_row ON assignment (aggregate, row_id) WHERE NOT voided;
CREATE INDEX assignment_account ON assignment (account_id);
"
);
