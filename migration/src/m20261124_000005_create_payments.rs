//! Payments and welfare benefits. One live normal payment a person, programme and month.

crate::change!(
    r"
CREATE TABLE payment (
    id {id},
    number TEXT NOT NULL,
    category TEXT NOT NULL,
    basis TEXT NOT NULL,
    division TEXT NOT NULL,
    first_month DATE,
    last_month DATE,
    paid_on DATE NOT NULL,
    amount_fen BIGINT NOT NULL,
    nature TEXT NOT NULL,
    state TEXT NOT NULL,
    original TEXT,
    source TEXT,
    historical BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE payment_person (
    id {id},
    payment_id BIGINT NOT NULL REFERENCES payment (id),
    person_id BIGINT NOT NULL REFERENCES person (id),
    month DATE,
    programme TEXT NOT NULL,
    category TEXT NOT NULL,
    basis TEXT NOT NULL,
    nature TEXT NOT NULL,
    live BOOLEAN NOT NULL,
    division TEXT NOT NULL,
    paid_on DATE NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE TABLE welfare_benefit (
    id {id},
    number TEXT NOT NULL,
    kind TEXT NOT NULL,
    person_id BIGINT NOT NULL REFERENCES person (id),
    division TEXT NOT NULL,
    effective_from DATE NOT NULL,
    last_month DATE,
    monthly_fen BIGINT NOT NULL,
    historical BOOLEAN NOT NULL,
    version INTEGER NOT NULL,
    voided BOOLEAN NOT NULL
);
CREATE UNIQUE INDEX payment_number ON payment (number) WHERE NOT voided;
CREATE INDEX payment_division_paid ON payment (division, paid_on, id);
CREATE INDEX payment_basis ON payment (basis, paid_on);
CREATE INDEX payment_person_payment ON payment_person (payment_id);
CREATE INDEX payment_person_unit ON payment_person (person_id, category, month);
CREATE INDEX payment_person_division ON payment_person (division, paid_on);
CREATE UNIQUE INDEX payment_person_once ON payment_person (person_id, programme, month) WHERE live AND nature = 'NORMAL' AND month IS NOT NULL;
CREATE UNIQUE INDEX welfare_benefit_number ON welfare_benefit (number) WHERE NOT voided;
CREATE INDEX welfare_benefit_division ON welfare_benefit (division, id);
CREATE INDEX welfare_benefit_person ON welfare_benefit (person_id);

"
);
