//! Grassroots governance.

crate::change!(
    r"
CREATE TABLE village_charter (
    id {id},
    division TEXT NOT NULL,
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    effective_from DATE NOT NULL,
    voted_on DATE,
    filed_on DATE,
    ended_on DATE,
    customs BOOLEAN NOT NULL,
    effective_until DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE red_white_council (
    id {id},
    division TEXT NOT NULL,
    name TEXT NOT NULL,
    founded_on DATE NOT NULL,
    revoked_on DATE,
    members BIGINT NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE ceremony (
    id {id},
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    division TEXT NOT NULL,
    declared_on DATE,
    guided_on DATE,
    held_on DATE NOT NULL,
    outcome TEXT NOT NULL,
    decided_on DATE,
    planned_fen BIGINT NOT NULL,
    actual_fen BIGINT,
    evidence BOOLEAN NOT NULL,
    host TEXT,
    phone {blob},
    tables BIGINT,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE disclosure (
    id {id},
    division TEXT NOT NULL,
    kind TEXT NOT NULL,
    period TEXT NOT NULL,
    due_on DATE NOT NULL,
    posted_on DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE community_worker (
    id {id},
    id_number {blob} NOT NULL,
    id_number_blind {blob} NOT NULL,
    name TEXT NOT NULL,
    division TEXT NOT NULL,
    post TEXT NOT NULL,
    hired_on DATE NOT NULL,
    left_on DATE,
    certificate TEXT,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX village_charter_once ON village_charter (division, kind, effective_from) WHERE NOT voided;
CREATE INDEX village_charter_division ON village_charter (division, id);
CREATE UNIQUE INDEX red_white_council_once ON red_white_council (division, founded_on) WHERE NOT voided;
CREATE INDEX red_white_council_division ON red_white_council (division, id);
CREATE UNIQUE INDEX ceremony_number ON ceremony (number) WHERE NOT voided;
CREATE INDEX ceremony_division ON ceremony (division, held_on, id);
CREATE UNIQUE INDEX disclosure_once ON disclosure (division, kind, period) WHERE NOT voided;
CREATE INDEX disclosure_division ON disclosure (division, due_on, id);
CREATE UNIQUE INDEX community_worker_once ON community_worker (id_number_blind, hired_on) WHERE NOT voided;
CREATE INDEX community_worker_division ON community_worker (division, id);
"
);
