//! What a table declares about itself, so that the kernel can keep its rules without knowing
//! any business word: its name, where its scope stands, what in it is personal.

use sea_orm::sea_query::{Condition, Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, EntityTrait, ModelTrait};

/// The kinds of personal data (design §3.9). A masked viewer gets the masked form of each.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Personal {
    /// 姓名
    Name,
    /// 证件号码
    Id,
    /// 电话
    Phone,
    /// 银行账号
    Bank,
    /// 详细地址
    Address,
    /// 出生日期: it completes the ID number
    Birth,
    /// 残疾, 疾病, 失能
    Health,
    /// 儿童
    Child,
    /// 个案内容, free text of cases
    Case,
    /// 政治面貌, 信仰, 民族
    Belief,
}

impl Personal {
    /// The stable code used by the `@personal` directive.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Name => "NAME",
            Self::Id => "ID",
            Self::Phone => "PHONE",
            Self::Bank => "BANK",
            Self::Address => "ADDRESS",
            Self::Birth => "BIRTH",
            Self::Health => "HEALTH",
            Self::Child => "CHILD",
            Self::Case => "CASE",
            Self::Belief => "BELIEF",
        }
    }
}

/// Where the persons of a row stand.
pub enum PersonScope<C> {
    /// The table is about no person.
    None,
    /// The row itself is the person.
    Itself,
    /// A column holds the person's id.
    Column(C),
    /// A part table holds (parent, person): its condition for a set of persons.
    Through(fn(&[i64]) -> SimpleExpr),
}

/// Which columns carry the scope of a row.
pub struct Scope<C: 'static> {
    /// Columns holding 12-digit division codes; a row is in scope when one of them is.
    pub divisions: &'static [C],
    /// Whose row it is.
    pub person: PersonScope<C>,
    /// The household whose members see it.
    pub household: Option<C>,
    /// The organisation or centre whose row it is.
    pub organisation: Option<C>,
}

/// What of other aggregates somebody reaches: for parts, which are reached with what they are parts of.
pub trait Reaches {
    /// The condition that a row is reached.
    fn reached<E: Aggregate>(&self) -> Condition;
}

/// A table whose rows are changed by commands, journalled, scoped and served.
pub trait Aggregate: EntityTrait<Model: ModelTrait<Entity = Self> + Send + Sync> {
    /// The one name: `type HomeCareBed` is table `home_care_bed`.
    const NAME: &'static str;
    /// A part of another aggregate: journalled like any row, but not in the change feed.
    const PART: bool;
    /// Whether a row is reached with the row of another aggregate.
    const OF_ANOTHER: bool;
    /// Personal as a whole: where a viewer sees such rows masked, they are not there.
    const WHOLE: bool;

    /// The row's number, unique over all tables.
    fn id(model: &Self::Model) -> i64;
    /// The optimistic version, counting from 1.
    fn version(model: &Self::Model) -> i32;
    /// Sets the version.
    fn set_version(model: &mut Self::Model, version: i32);
    /// Whether the row was voided; such a row stays and never counts.
    fn voided(model: &Self::Model) -> bool;
    /// Marks the row as voided.
    fn set_voided(model: &mut Self::Model, voided: bool);
    /// The division that the change feed names.
    fn division(model: &Self::Model) -> Option<&str>;
    /// The id column.
    fn id_column() -> Self::Column;
    /// The version column.
    fn version_column() -> Self::Column;
    /// The voided column.
    fn voided_column() -> Self::Column;
    /// The condition that a row was not voided.
    fn live() -> SimpleExpr {
        is_not(Self::voided_column())
    }
    /// The condition that the row it is reached with is; `None`: it stands for itself.
    fn parents<R: Reaches>(reaches: &R) -> Option<Condition>;
    /// Whether a row is a person, or is reached with one: what changes it changes what is known of that person.
    fn of_person() -> bool;
    /// Scope columns.
    fn scope() -> Scope<Self::Column>;
    /// Personal columns.
    fn personal() -> &'static [(Self::Column, Personal)];
    /// Columns whose values are left out of the journal: password hashes, keys, digests of tokens.
    fn secret() -> &'static [Self::Column];
    /// Columns that say in which cells of the figures a row counts: the journal keeps what they were with
    /// every change, so that the projector knows the cells that a row has left.
    fn figure_keys() -> &'static [Self::Column];
    /// Columns that hold the id of a row of another aggregate: what is pointed at is not taken back.
    fn refers() -> &'static [(Self::Column, &'static str)];
    /// The salt of the row's own sealing key, where the row has one.
    fn salt(model: &Self::Model) -> Option<&[u8]>;
    /// The same, to be made: of a record that has none yet it is empty.
    fn salt_mut(model: &mut Self::Model) -> Option<&mut Vec<u8>>;
    /// The person a row is about, if exactly one.
    fn person(model: &Self::Model) -> Option<i64>;
    /// All division codes of a row.
    fn division_codes(model: &Self::Model) -> Vec<String>;
    /// The household of a row.
    fn household(model: &Self::Model) -> Option<i64>;
    /// The organisation of a row.
    fn organisation(model: &Self::Model) -> Option<String>;
    /// A column that says of each row whether everybody may know it; where there is one, what the public is granted of
    /// the table reaches only those.
    fn open_column() -> Option<Self::Column> {
        None
    }
    /// Whether what the public is granted reaches a row.
    fn is_open(_model: &Self::Model) -> bool {
        true
    }
}

/// `NOT column`, as partial indexes say it: a bound value in its place would keep SQLite, and the plans that PostgreSQL
/// keeps, from such an index.
pub fn is_not<C: ColumnTrait>(column: C) -> SimpleExpr {
    Expr::col(column.as_column_ref()).not()
}

/// `parent.id IN (SELECT parent_column FROM part WHERE person_column IN persons AND NOT voided)`.
pub fn through<Parent: EntityTrait, Part: EntityTrait>(
    parent_id: Parent::Column,
    part_parent: Part::Column,
    part_person: Part::Column,
    part_voided: Part::Column,
    persons: &[i64],
) -> SimpleExpr {
    Expr::col((Parent::default(), parent_id)).in_subquery(
        Query::select()
            .column(part_parent)
            .from(Part::default())
            .and_where(part_person.is_in(persons.iter().copied()))
            .and_where(is_not(part_voided))
            .to_owned(),
    )
}

/// `part.parent_column IN (SELECT id FROM parent WHERE NOT voided AND reached)`.
pub fn with<Part: EntityTrait, Parent: Aggregate>(column: Part::Column, reaches: &impl Reaches) -> Condition {
    let parents = Query::select()
        .column((Parent::default(), Parent::id_column()))
        .from(Parent::default())
        .and_where(Parent::live())
        .cond_where(reaches.reached::<Parent>())
        .to_owned();
    Condition::all().add(Expr::col((Part::default(), column)).in_subquery(parents))
}

/// A condition that holds for no row.
pub fn nothing() -> Condition {
    Condition::all().add(Expr::val(1).eq(0))
}

/// Declares an aggregate beside its sea-orm model. Every model has `id`, `version`, `voided`.
#[macro_export]
macro_rules! aggregate {
    (
        $name:literal
        $(, part $part:literal)?
        $(, divisions [$($division:ident . $dfield:ident $(? $opt:tt)?),*])?
        $(, itself $itself:tt)?
        $(, person $person:ident . $pfield:ident)?
        $(, through $through_entity:path [$through_parent:path, $through_person:path, $through_voided:path])?
        $(, of $parent:path [$pointer_to:ident])?
        $(, household $household:ident . $hfield:ident)?
        $(, organisation $organisation:ident . $ofield:ident)?
        $(, open $open:ident . $openfield:ident)?
        $(, personal [$($column:ident : $kind:ident),*])?
        $(, whole $whole:literal)?
        $(, salt $salt:ident)?
        $(, secret [$($secret:ident),*])?
        $(, figures [$($key:ident),*])?
        $(, refers [$($pointer:ident -> $target:literal),*])?
    ) => {
        impl $crate::aggregate::Aggregate for Entity {
            const NAME: &'static str = $name;
            const PART: bool = false $( || $part)?;
            const OF_ANOTHER: bool = false $( || $crate::aggregate!(@given $pointer_to))?;
            const WHOLE: bool = false $( || $whole)?;
            fn id(model: &Model) -> i64 { model.id }
            fn version(model: &Model) -> i32 { model.version }
            fn set_version(model: &mut Model, version: i32) { model.version = version; }
            fn voided(model: &Model) -> bool { model.voided }
            fn set_voided(model: &mut Model, voided: bool) { model.voided = voided; }
            #[allow(unused_variables, unreachable_code)]
            fn division(model: &Model) -> Option<&str> {
                $($(if let Some(code) = $crate::aggregate::AsCode::as_code(&model.$dfield) { return Some(code); })*)?
                None
            }
            fn id_column() -> Column { Column::Id }
            fn version_column() -> Column { Column::Version }
            fn voided_column() -> Column { Column::Voided }
            #[allow(unused_variables)]
            fn parents<R: $crate::aggregate::Reaches>(reaches: &R) -> Option<sea_orm::sea_query::Condition> {
                None $( .or(Some($crate::aggregate::with::<Entity, $parent>(Column::$pointer_to, reaches))))?
            }
            fn of_person() -> bool {
                use $crate::aggregate::PersonScope::Itself;
                matches!(<Self as $crate::aggregate::Aggregate>::scope().person, Itself)
                    $( || matches!(<$parent as $crate::aggregate::Aggregate>::scope().person, Itself))?
            }
            fn scope() -> $crate::aggregate::Scope<Column> {
                #[allow(unused_mut, unused_assignments)]
                let mut person = $crate::aggregate::PersonScope::None;
                $( person = $crate::aggregate!(@itself $itself); )?
                $( person = $crate::aggregate::PersonScope::Column(Column::$person); )?
                $( person = $crate::aggregate::PersonScope::Through(|persons| {
                    $crate::aggregate::through::<Entity, $through_entity>(
                        Column::Id, $through_parent, $through_person, $through_voided, persons)
                }); )?
                $crate::aggregate::Scope {
                    divisions: &[$($(Column::$division),*)?],
                    person,
                    household: None $( .or(Some(Column::$household)))?,
                    organisation: None $( .or(Some(Column::$organisation)))?,
                }
            }
            fn personal() -> &'static [(Column, $crate::aggregate::Personal)] {
                &[$($((Column::$column, $crate::aggregate::Personal::$kind)),*)?]
            }
            fn secret() -> &'static [Column] {
                &[$($(Column::$secret),*)?]
            }
            fn refers() -> &'static [(Column, &'static str)] {
                &[$($((Column::$pointer, $target)),*)?]
            }
            fn figure_keys() -> &'static [Column] {
                &[$($(Column::$key),*)?]
            }
            #[allow(unused_variables)]
            fn salt(model: &Model) -> Option<&[u8]> {
                None $( .or(Some(model.$salt.as_slice())))?
            }
            #[allow(unused_variables)]
            fn salt_mut(model: &mut Model) -> Option<&mut Vec<u8>> {
                None $( .or(Some(&mut model.$salt)))?
            }
            #[allow(unused_variables)]
            fn person(model: &Model) -> Option<i64> {
                None $( .or($crate::aggregate!(@own $itself model)))? $( .or(Into::<Option<i64>>::into(model.$pfield)))?
            }
            #[allow(unused_variables, unused_mut)]
            fn division_codes(model: &Model) -> Vec<String> {
                let mut codes = Vec::new();
                $($(codes.extend($crate::aggregate::AsCode::as_code(&model.$dfield).map(str::to_owned));)*)?
                codes
            }
            #[allow(unused_variables)]
            fn household(model: &Model) -> Option<i64> {
                None $( .or(Into::<Option<i64>>::into(model.$hfield)))?
            }
            #[allow(unused_variables)]
            fn organisation(model: &Model) -> Option<String> {
                None $( .or($crate::aggregate::AsCode::as_code(&model.$ofield).map(str::to_owned)))?
            }
            $(
                fn open_column() -> Option<Column> { Some(Column::$open) }
                fn is_open(model: &Model) -> bool { model.$openfield }
            )?
        }
    };
    (@given $column:ident) => { true };
    (@itself $itself:tt) => { $crate::aggregate::PersonScope::Itself };
    (@own $itself:tt $model:ident) => { Some($model.id) };
}

/// A text column or a nullable one.
pub trait AsCode {
    /// The text, if there is one.
    fn as_code(&self) -> Option<&str>;
}

impl AsCode for String {
    fn as_code(&self) -> Option<&str> {
        Some(self)
    }
}

impl AsCode for Option<String> {
    fn as_code(&self) -> Option<&str> {
        self.as_deref()
    }
}
