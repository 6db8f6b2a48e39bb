//! A payment points at what it rests on; a person and benefit month, or grant, is one unit that counts once.

crate::change!(
    r"
ALTER TABLE payment ADD COLUMN basis_id BIGINT;
ALTER TABLE payment_person ADD COLUMN unit TEXT NOT NULL DEFAULT '';
DROP INDEX payment_person_unit;
DROP INDEX payment_person_once;
CREATE UNIQUE INDEX payment_person_once ON payment_person (person_id, programme, month)
    WHERE live AND NOT voided AND nature = 'NORMAL' AND month IS NOT NULL;
CREATE INDEX payment_person_unit ON payment_person (person_id, category, unit);
CREATE INDEX payment_basis_id ON payment (basis_id, paid_on);
CREATE INDEX payment_paid ON payment (paid_on, id);
"
);
