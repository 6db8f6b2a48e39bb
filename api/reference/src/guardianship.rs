//! 监护与代办 · when somebody may act for another.

use chrono::NaiveDate;
use entity::registry::guardianship::Column;
use sea_orm::ColumnTrait as _;
use sea_orm::sea_query::Condition;

/// The condition that a relation holds on a day.
pub fn holds_on(day: NaiveDate) -> Condition {
    Condition::all()
        .add(Column::ValidFrom.lte(day))
        .add(Condition::any().add(Column::ValidUntil.is_null()).add(Column::ValidUntil.gt(day)))
}
