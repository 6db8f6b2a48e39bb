//! Divisions, persons, households, policy.

crate::change!(
    r"
CREATE TABLE division (
    id {id},
    code TEXT NOT NULL,
    name TEXT NOT NULL,
    level TEXT NOT NULL,
    kind TEXT,
    valid_from DATE,
    valid_until DATE,
    successor TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE division_statistics (
    id {id},
    division TEXT NOT NULL,
    on_date DATE NOT NULL,
    resident BIGINT,
    registered BIGINT,
    aged60 BIGINT,
    aged65 BIGINT,
    aged80 BIGINT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE person (
    id {id},
    id_kind TEXT NOT NULL,
    id_number {blob} NOT NULL,
    id_blind {blob} NOT NULL,
    name TEXT NOT NULL,
    sex TEXT NOT NULL,
    birth_date DATE,
    ethnicity TEXT,
    residence TEXT,
    registered TEXT,
    address {blob},
    phone {blob},
    phone_blind {blob},
    death_date DATE,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE person_identity (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    id_kind TEXT NOT NULL,
    id_number {blob} NOT NULL,
    id_blind {blob} NOT NULL,
    until DATE NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE guardianship (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    guardian_id BIGINT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE household (
    id {id},
    number TEXT NOT NULL,
    division TEXT NOT NULL,
    area TEXT NOT NULL,
    head_id BIGINT NOT NULL REFERENCES person (id),
    address {blob},
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE household_member (
    id {id},
    household_id BIGINT NOT NULL REFERENCES household (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    relation TEXT NOT NULL,
    joined_on DATE NOT NULL,
    left_on DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE person_condition (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    valid_from DATE NOT NULL,
    valid_until DATE,
    disability_type TEXT,
    disability_level INTEGER,
    certificate {blob},
    degree TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE policy_value (
    id {id},
    division TEXT NOT NULL,
    parameter TEXT NOT NULL,
    area TEXT,
    valid_from DATE NOT NULL,
    valid_until DATE,
    value TEXT NOT NULL,
    source TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX division_code ON division (code) WHERE NOT voided;
CREATE UNIQUE INDEX division_statistics_once ON division_statistics (division, on_date) WHERE NOT voided;
CREATE UNIQUE INDEX person_id_blind ON person (id_blind) WHERE NOT voided;
CREATE INDEX person_phone_blind ON person (phone_blind);
CREATE INDEX person_residence ON person (residence, id);
CREATE INDEX person_registered ON person (registered, id);
CREATE INDEX person_name ON person (name);
CREATE INDEX person_identity_blind ON person_identity (id_blind);
CREATE INDEX person_identity_person ON person_identity (person_id);
CREATE INDEX guardianship_person ON guardianship (person_id);
CREATE INDEX guardianship_guardian ON guardianship (guardian_id);
CREATE UNIQUE INDEX household_number ON household (number) WHERE NOT voided;
CREATE INDEX household_division ON household (division, id);
CREATE INDEX household_head ON household (head_id);
CREATE INDEX household_member_household ON household_member (household_id);
CREATE INDEX household_member_person ON household_member (person_id);
CREATE UNIQUE INDEX household_member_open ON household_member (person_id) WHERE left_on IS NULL AND NOT voided;
CREATE UNIQUE INDEX person_condition_once ON person_condition (person_id, kind, valid_from) WHERE NOT voided;
CREATE UNIQUE INDEX policy_value_once ON policy_value (division, parameter, COALESCE(area, ''), valid_from) WHERE NOT voided;
"
);
