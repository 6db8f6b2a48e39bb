//! The service window.

crate::change!(
    r"
CREATE TABLE administrative_item (
    id {id},
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    class TEXT NOT NULL,
    statutory_days BIGINT NOT NULL,
    promised_days BIGINT NOT NULL,
    unit TEXT NOT NULL,
    at_centre BOOLEAN NOT NULL,
    basis TEXT NOT NULL,
    fee BOOLEAN NOT NULL,
    materials TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE item_case (
    id {id},
    number TEXT NOT NULL,
    applicant TEXT NOT NULL,
    accepted_on DATE NOT NULL,
    finished_on DATE,
    channel TEXT NOT NULL,
    rating TEXT,
    item_id BIGINT NOT NULL REFERENCES administrative_item (id),
    item_code TEXT NOT NULL,
    promised_by DATE NOT NULL,
    statutory_by DATE NOT NULL,
    promised_for DATE,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX administrative_item_code ON administrative_item (code) WHERE NOT voided;
CREATE UNIQUE INDEX item_case_number ON item_case (number) WHERE NOT voided;
CREATE INDEX item_case_item ON item_case (item_id, accepted_on);
CREATE INDEX item_case_accepted ON item_case (accepted_on, id);
"
);
