//! Recognitions and temporary aid.

crate::change!(
    r"
CREATE TABLE recognition (
    id {id},
    number TEXT NOT NULL,
    household_id BIGINT NOT NULL REFERENCES household (id),
    division TEXT NOT NULL,
    category TEXT NOT NULL,
    support TEXT,
    area TEXT NOT NULL,
    effective_from DATE NOT NULL,
    last_month DATE,
    effective_until DATE,
    monthly_fen BIGINT,
    reviewed_on DATE,
    historical BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE recognition_person (
    id {id},
    recognition_id BIGINT NOT NULL REFERENCES recognition (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE temporary_aid (
    id {id},
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    advance BOOLEAN NOT NULL,
    applicant_id BIGINT NOT NULL REFERENCES person (id),
    division TEXT NOT NULL,
    accepted_on DATE NOT NULL,
    approved_on DATE,
    approved_fen BIGINT,
    hardship TEXT,
    approval_level TEXT,
    found_at {instant},
    received_at {instant},
    historical BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE temporary_aid_person (
    id {id},
    temporary_aid_id BIGINT NOT NULL REFERENCES temporary_aid (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX recognition_once ON recognition (number, effective_from) WHERE NOT voided;
CREATE INDEX recognition_division ON recognition (division, id);
CREATE INDEX recognition_household ON recognition (household_id);
CREATE INDEX recognition_dates ON recognition (category, effective_from);
CREATE INDEX recognition_person_recognition ON recognition_person (recognition_id);
CREATE INDEX recognition_person_person ON recognition_person (person_id);
CREATE UNIQUE INDEX temporary_aid_number ON temporary_aid (number) WHERE NOT voided;
CREATE INDEX temporary_aid_division ON temporary_aid (division, id);
CREATE INDEX temporary_aid_person_parent ON temporary_aid_person (temporary_aid_id);
CREATE INDEX temporary_aid_person_person ON temporary_aid_person (person_id);
"
);
