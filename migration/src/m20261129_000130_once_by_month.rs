//! That a month is paid to a person once only, by month first: what is imported is of one or two months, whose part of the
//! index stays in memory. By person first each line of a sheet changes another page of it.

crate::change!(
    r"
DROP INDEX payment_person_once;
CREATE UNIQUE INDEX payment_person_once ON payment_person (month, person_id, programme)
    WHERE live AND NOT voided AND nature = 'NORMAL' AND month IS NOT NULL;
"
);
