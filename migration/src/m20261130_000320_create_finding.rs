//! What is odd of records that were taken all the same, listed for somebody to look into.

crate::change!(
    r"
CREATE TABLE finding (
    id {id},
    kind TEXT NOT NULL,
    aggregate TEXT NOT NULL,
    row_id BIGINT NOT NULL,
    number TEXT NOT NULL,
    division TEXT NOT NULL,
    noted_on DATE NOT NULL,
    settled_on DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX finding_once ON finding (aggregate, row_id, kind) WHERE NOT voided;
CREATE INDEX finding_division ON finding (division, id);
"
);
