//! Gifts.

crate::change!(
    r"
CREATE TABLE donation (
    id {id},
    number TEXT NOT NULL,
    donor TEXT NOT NULL,
    kind TEXT NOT NULL,
    amount_fen BIGINT NOT NULL,
    donated_on DATE NOT NULL,
    purpose TEXT,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX donation_number ON donation (number) WHERE NOT voided;
CREATE INDEX donation_donated ON donation (donated_on, id);
"
);
