//! What is put right of persons, what guardianship stands on, where somebody moved to, instruments of policy, inquiries; names by their beginning.

crate::change!(
    r"
CREATE TABLE person_correction (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    on_date DATE NOT NULL,
    reason {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE policy_document (
    id {id},
    doc_no TEXT NOT NULL,
    title TEXT NOT NULL,
    issuer TEXT NOT NULL,
    field TEXT NOT NULL,
    issued_on DATE,
    valid_from DATE NOT NULL,
    valid_until DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE inquiry (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    reason {blob} NOT NULL,
    division TEXT NOT NULL,
    state TEXT NOT NULL,
    until DATE NOT NULL,
    opened_at {instant} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
ALTER TABLE guardianship ADD COLUMN basis {blob};
ALTER TABLE guardianship ADD COLUMN purpose TEXT;
ALTER TABLE reported_change ADD COLUMN moved_to TEXT;
CREATE INDEX person_correction_person ON person_correction (person_id);
CREATE UNIQUE INDEX policy_document_doc_no ON policy_document (doc_no) WHERE NOT voided;
CREATE UNIQUE INDEX inquiry_open ON inquiry (person_id) WHERE state <> 'CLOSED' AND NOT voided;
CREATE INDEX inquiry_division ON inquiry (division, id);
[postgres] CREATE INDEX person_name_begins ON person (name text_pattern_ops);
"
);
