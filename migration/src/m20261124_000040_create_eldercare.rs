//! Elder care.

crate::change!(
    r"
CREATE TABLE care_centre (
    id {id},
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    division TEXT NOT NULL,
    beds BIGINT NOT NULL,
    state TEXT NOT NULL,
    state_on DATE,
    nursing_beds BIGINT,
    care_posts BIGINT,
    medical TEXT,
    agreement_until DATE,
    rehabilitation TEXT,
    comfort TEXT,
    hospice TEXT,
    ownership TEXT,
    filed_on DATE,
    uscc TEXT,
    legal_representative TEXT,
    address TEXT,
    longitude TEXT,
    latitude TEXT,
    phone {blob},
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE centre_project (
    id {id},
    number TEXT NOT NULL,
    name TEXT NOT NULL,
    kind TEXT NOT NULL,
    nature TEXT NOT NULL,
    division TEXT NOT NULL,
    beds BIGINT,
    approved_on DATE,
    begun_on DATE,
    stopped_on DATE,
    resumed_on DATE,
    accepted_on DATE,
    opened_on DATE,
    cancelled_on DATE,
    medical BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE stay (
    id {id},
    entered_on DATE NOT NULL,
    left_on DATE,
    bed TEXT,
    care_level TEXT,
    monthly_fee_fen BIGINT,
    deposit_fen BIGINT,
    centre_id BIGINT NOT NULL REFERENCES care_centre (id),
    centre TEXT NOT NULL,
    division TEXT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE renovation_case (
    id {id},
    number TEXT NOT NULL,
    batch_year INTEGER NOT NULL,
    division TEXT NOT NULL,
    admitted_on DATE NOT NULL,
    begun_on DATE,
    finished_on DATE,
    accepted_on DATE,
    withdrawn_on DATE,
    household_id BIGINT NOT NULL REFERENCES household (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE care_worker (
    id {id},
    id_number {blob} NOT NULL,
    id_number_blind {blob} NOT NULL,
    name TEXT NOT NULL,
    post TEXT NOT NULL,
    hired_on DATE NOT NULL,
    left_on DATE,
    leave_reason TEXT,
    certificate_level INTEGER,
    certificate_number TEXT,
    certificate_until DATE,
    training_year INTEGER,
    training_hours BIGINT,
    exam TEXT,
    centre_id BIGINT NOT NULL REFERENCES care_centre (id),
    centre TEXT NOT NULL,
    division TEXT NOT NULL,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE home_care_bed (
    id {id},
    number TEXT NOT NULL,
    division TEXT NOT NULL,
    started_on DATE NOT NULL,
    accepted_on DATE,
    served_from DATE,
    closed_on DATE,
    close_reason TEXT,
    mistaken BOOLEAN NOT NULL,
    centre_id BIGINT NOT NULL REFERENCES care_centre (id),
    centre TEXT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE home_visit (
    id {id},
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    started_at {instant} NOT NULL,
    ended_at {instant} NOT NULL,
    longitude TEXT,
    latitude TEXT,
    state TEXT NOT NULL,
    visited_on DATE NOT NULL,
    bed_id BIGINT NOT NULL REFERENCES home_care_bed (id),
    worker_id BIGINT NOT NULL REFERENCES care_worker (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    centre TEXT NOT NULL,
    division TEXT NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE inspection (
    id {id},
    number TEXT NOT NULL,
    inspected_on DATE NOT NULL,
    checklist TEXT NOT NULL,
    items_asked BIGINT NOT NULL,
    items_answered BIGINT NOT NULL,
    inspectors TEXT NOT NULL,
    centre_id BIGINT NOT NULL REFERENCES care_centre (id),
    centre TEXT NOT NULL,
    division TEXT NOT NULL,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE hazard (
    id {id},
    number TEXT NOT NULL,
    grade TEXT NOT NULL,
    description TEXT NOT NULL,
    owner TEXT NOT NULL,
    deadline DATE NOT NULL,
    rectified_on DATE,
    verified_on DATE,
    verifier TEXT,
    photo TEXT,
    inspection_id BIGINT NOT NULL REFERENCES inspection (id),
    found_on DATE NOT NULL,
    centre_id BIGINT NOT NULL REFERENCES care_centre (id),
    centre TEXT NOT NULL,
    division TEXT NOT NULL,
    key_salt {blob} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX care_centre_number ON care_centre (number) WHERE NOT voided;
CREATE INDEX care_centre_division ON care_centre (division, id);
CREATE INDEX care_centre_uscc ON care_centre (uscc);
CREATE UNIQUE INDEX centre_project_number ON centre_project (number) WHERE NOT voided;
CREATE INDEX centre_project_division ON centre_project (division, id);
CREATE INDEX centre_project_accepted ON centre_project (accepted_on);
CREATE UNIQUE INDEX stay_once ON stay (centre_id, person_id, entered_on) WHERE NOT voided;
CREATE INDEX stay_division ON stay (division, id);
CREATE INDEX stay_person ON stay (person_id);
CREATE INDEX stay_centre ON stay (centre, id);
CREATE UNIQUE INDEX renovation_case_number ON renovation_case (number) WHERE NOT voided;
CREATE INDEX renovation_case_division ON renovation_case (division, id);
CREATE INDEX renovation_case_household ON renovation_case (household_id);
CREATE INDEX renovation_case_batch ON renovation_case (batch_year, division);
CREATE UNIQUE INDEX care_worker_once ON care_worker (id_number_blind, centre_id, hired_on) WHERE NOT voided;
CREATE INDEX care_worker_division ON care_worker (division, id);
CREATE INDEX care_worker_centre ON care_worker (centre, id);
CREATE INDEX care_worker_centre_id ON care_worker (centre_id, hired_on);
CREATE UNIQUE INDEX home_care_bed_number ON home_care_bed (number) WHERE NOT voided;
CREATE UNIQUE INDEX home_care_bed_open ON home_care_bed (person_id) WHERE closed_on IS NULL AND NOT mistaken AND NOT voided;
CREATE INDEX home_care_bed_division ON home_care_bed (division, id);
CREATE INDEX home_care_bed_person ON home_care_bed (person_id);
CREATE INDEX home_care_bed_centre ON home_care_bed (centre, id);
CREATE INDEX home_care_bed_centre_id ON home_care_bed (centre_id);
CREATE UNIQUE INDEX home_visit_number ON home_visit (number) WHERE NOT voided;
CREATE INDEX home_visit_division ON home_visit (division, visited_on, id);
CREATE INDEX home_visit_bed ON home_visit (bed_id, started_at);
CREATE INDEX home_visit_person ON home_visit (person_id);
CREATE INDEX home_visit_centre ON home_visit (centre, id);
CREATE INDEX home_visit_worker ON home_visit (worker_id);
CREATE UNIQUE INDEX inspection_number ON inspection (number) WHERE NOT voided;
CREATE INDEX inspection_division ON inspection (division, inspected_on, id);
CREATE INDEX inspection_centre ON inspection (centre, id);
CREATE INDEX inspection_centre_id ON inspection (centre_id, inspected_on);
CREATE UNIQUE INDEX hazard_number ON hazard (number) WHERE NOT voided;
CREATE INDEX hazard_division ON hazard (division, deadline, id);
CREATE INDEX hazard_inspection ON hazard (inspection_id);
CREATE INDEX hazard_centre ON hazard (centre, id);
"
);
