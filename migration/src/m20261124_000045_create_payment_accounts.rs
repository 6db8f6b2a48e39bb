//! Accounts of beneficiaries, what banks say of payments, budget lines.

crate::change!(
    r"
CREATE TABLE payment_account (
    id {id},
    account {blob} NOT NULL,
    account_blind {blob} NOT NULL,
    holder TEXT NOT NULL,
    relation TEXT NOT NULL,
    bank_name TEXT NOT NULL,
    opened_on DATE NOT NULL,
    closed_on DATE,
    agreement TEXT,
    person_id BIGINT NOT NULL REFERENCES person (id),
    division TEXT,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE budget_line (
    id {id},
    year INTEGER NOT NULL,
    item TEXT NOT NULL,
    source TEXT NOT NULL,
    budget_fen BIGINT NOT NULL,
    arrived_fen BIGINT,
    arrived_on DATE,
    document TEXT,
    earmarked BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE bank_return (
    id {id},
    batch TEXT,
    account {blob},
    holder TEXT,
    amount_fen BIGINT NOT NULL,
    result TEXT NOT NULL,
    returned_on DATE NOT NULL,
    reason TEXT,
    payment_id BIGINT NOT NULL REFERENCES payment (id),
    payment_number TEXT NOT NULL,
    division TEXT NOT NULL,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX payment_account_once ON payment_account (person_id, account_blind) WHERE NOT voided;
CREATE INDEX payment_account_division ON payment_account (division, id);
CREATE INDEX payment_account_account ON payment_account (account_blind);
CREATE UNIQUE INDEX budget_line_once ON budget_line (year, item, source) WHERE NOT voided;
CREATE UNIQUE INDEX bank_return_once ON bank_return (payment_id, returned_on) WHERE NOT voided;
CREATE INDEX bank_return_division ON bank_return (division, id);
"
);
