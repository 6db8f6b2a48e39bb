//! Requests that a person be handed over from the place that has the person to another.

crate::change!(
    r"
CREATE TABLE transfer_request (
    id {id},
    person_id BIGINT NOT NULL REFERENCES person (id),
    kind TEXT NOT NULL,
    to_division TEXT NOT NULL,
    from_division TEXT NOT NULL,
    reason {blob} NOT NULL,
    remark {blob},
    key_salt {blob} NOT NULL,
    state TEXT NOT NULL,
    requested_at {instant} NOT NULL,
    due_on DATE,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX transfer_request_open ON transfer_request (person_id, kind, to_division)
    WHERE state = 'REQUESTED' AND NOT voided;
CREATE INDEX transfer_request_to ON transfer_request (to_division, id);
CREATE INDEX transfer_request_from ON transfer_request (from_division, id);
"
);
