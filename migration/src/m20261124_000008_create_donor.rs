//! Donors.

crate::change!(
    r"
CREATE TABLE donor (
    id {id},
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    uscc TEXT,
    division TEXT NOT NULL,
    anonymous BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX donor_number ON donor (number) WHERE NOT voided;
CREATE INDEX donor_division ON donor (division, id);
"
);
