//! Social organisations.

crate::change!(
    r"
CREATE TABLE social_organisation (
    id {id},
    uscc TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    division TEXT NOT NULL,
    registered_on DATE NOT NULL,
    sponsor TEXT,
    legal_representative TEXT,
    address TEXT,
    phone {blob},
    certificate_until DATE,
    term_until DATE,
    party_members BIGINT,
    cancelled_on DATE,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE annual_inspection (
    id {id},
    uscc TEXT NOT NULL,
    year INTEGER NOT NULL,
    accepted_on DATE,
    conclusion TEXT,
    concluded_on DATE,
    regraded TEXT,
    regraded_on DATE,
    organisation_id BIGINT NOT NULL REFERENCES social_organisation (id),
    division TEXT NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE party_organisation (
    id {id},
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    superior TEXT,
    founded_on DATE NOT NULL,
    revoked_on DATE,
    members BIGINT,
    organisation_id BIGINT REFERENCES social_organisation (id),
    uscc TEXT,
    division TEXT,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX social_organisation_uscc ON social_organisation (uscc) WHERE NOT voided;
CREATE INDEX social_organisation_division ON social_organisation (division, id);
CREATE INDEX social_organisation_name ON social_organisation (name);
CREATE UNIQUE INDEX annual_inspection_once ON annual_inspection (uscc, year) WHERE NOT voided;
CREATE INDEX annual_inspection_division ON annual_inspection (division, id);
CREATE INDEX annual_inspection_organisation ON annual_inspection (organisation_id, year);
CREATE UNIQUE INDEX party_organisation_once ON party_organisation (name, founded_on) WHERE NOT voided;
CREATE INDEX party_organisation_organisation ON party_organisation (organisation_id);
CREATE INDEX party_organisation_superior ON party_organisation (superior, founded_on);
"
);
