//! Changes reported from the field.

crate::change!(
    r"
CREATE TABLE reported_change (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    household_id BIGINT REFERENCES household (id),
    kind TEXT NOT NULL,
    happened_on DATE NOT NULL,
    note {blob},
    division TEXT NOT NULL,
    state TEXT NOT NULL,
    due_on DATE,
    remark {blob},
    reported_at {instant} NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX reported_change_once ON reported_change (person_id, kind, happened_on)
    WHERE state = 'REPORTED' AND NOT voided;
CREATE INDEX reported_change_division ON reported_change (division, state, due_on);
CREATE INDEX reported_change_person ON reported_change (person_id, id);
"
);
