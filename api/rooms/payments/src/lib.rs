//! 资金发放 · what was paid to whom, for which months, out of which source.

pub mod bank_return;
pub mod budget_line;
pub mod payment;
pub mod payment_account;

use minzheng_ground::Table;
use minzheng_ground::codes::{AnyList, list};
use minzheng_ground::sheets::EachKind;
use minzheng_kernel::journal::{AnyAggregate, Table as Rows};

/// Its types.
pub fn types() -> Vec<Table> {
    vec![
        payment::table(),
        payment::person_table(),
        payment_account::table(),
        budget_line::table(),
        bank_return::table(),
    ]
}

/// Its tables, whose rows are changed by commands.
pub fn tables() -> Vec<Box<dyn AnyAggregate>> {
    vec![
        Rows::<entity::payments::payment::Entity>::boxed(),
        Rows::<entity::payments::payment_person::Entity>::boxed(),
        Rows::<entity::payments::payment_account::Entity>::boxed(),
        Rows::<entity::payments::budget_line::Entity>::boxed(),
        Rows::<entity::payments::bank_return::Entity>::boxed(),
    ]
}

/// Its closed lists of codes.
pub fn codes() -> Vec<AnyList> {
    vec![
        list::<payment::PaymentCategory>(),
        list::<payment::PaymentNature>(),
        list::<payment::PaymentState>(),
        list::<payment::FundSource>(),
    ]
}

/// Its kinds of sheets, in the order in which a new district loads them.
pub fn kinds(each: &mut impl EachKind) {
    each.kind::<payment::Sheet>();
    each.kind::<payment_account::Sheet>();
    each.kind::<budget_line::Sheet>();
    each.kind::<bank_return::Sheet>();
}
