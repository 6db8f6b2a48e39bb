//! 党组织 · party organisations in and above social organisations (A3.3, A4.2b).

use chrono::NaiveDate;
use entity::organisations::party_organisation::{Column, Entity, Model};
use minzheng_ground::filter::TextFilter;
use minzheng_ground::sheets::check::not_negative;
use minzheng_ground::sheets::row::{Day, Id, One, Place, Text, Whole};
use minzheng_ground::sheets::upsert::{known_by, sift, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_ground::{Builder, Row, Table, Which};
use minzheng_kernel::{Failure, Work};
use minzheng_sheet::Fields;
use sea_orm::ColumnTrait as _;

use crate::social_organisation;

minzheng_ground::codes! {
    /// 党组织种类 · kind of party organisation.
    PartyOrganisationKind, PartyOrganisationKindFilter, "PARTY_ORGANISATION_KIND" {
        Committee "COMMITTEE" "委员会" "committee",
        GeneralBranch "GENERAL_BRANCH" "总支" "general branch",
        Branch "BRANCH" "支部" "branch",
        JointBranch "JOINT_BRANCH" "联合支部" "joint branch",
        FunctionalBranch "FUNCTIONAL_BRANCH" "功能型支部" "functional branch",
    }
}

/// One party organisation.
pub type PartyOrganisation = Row<Entity>;

/// 党组织 · a committee or branch.
pub fn table() -> Table {
    Builder::<Entity>::new("党组织 · a committee or branch.")
        .list("partyOrganisations", "党组织列表 · party organisations in scope.", Column::Name)
        .id()
        .text(Column::Name, "名称 · name.")
        .filter()
        .order()
        .code::<PartyOrganisationKind>(Column::Kind, "种类 · kind.")
        .filter()
        .text(Column::Superior, "上级 · name of the one above it.")
        .filter()
        .date(Column::FoundedOn, "成立日期 · first day.")
        .filter()
        .order()
        .date(Column::RevokedOn, "撤销日期 · first day on which it no longer is.")
        .filter()
        .number(Column::Members, "党员数 · members.")
        .on_day::<bool>(
            "active",
            "是否存续 · whether it is there on a day; left out: the business date.",
            |row, on, json| json.flag(row.founded_on <= on && row.revoked_on.is_none_or(|until| on < until)),
        )
        .many_by(
            "below",
            "下级 · those below it, newest first.",
            "PartyOrganisation",
            Column::Name,
            ("superior", Which::Newest("founded_on")),
        )
        .one(
            "organisation",
            "所属社会组织 · the organisation it belongs to; null where out of scope.",
            "SocialOrganisation",
            Column::OrganisationId,
        )
        .division(Column::Division, "区划代码 · the district it belongs to.")
        .filter()
        .filter_only::<TextFilter>("uscc", "所属社会组织代码", Column::Uscc)
        .table()
}

minzheng_ground::sheet_row! {
    /// One party organisation as a sheet tells it.
    SheetRow of Model {
        name: need Text => "名称",
        kind: need One<PartyOrganisationKind> => "种类",
        organisation: may Id => "所属社会组织" in uscc,
        superior: may Text => "上级",
        founded_on: need Day => "成立日期",
        revoked_on: may Day => "撤销日期",
        members: may Whole => "党员数",
        division: may Place => "区划代码",
    }
}

/// `party-organisations`: matched by place, name and first day.
pub struct Sheet;

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "party-organisations";
    const COMMAND: &'static str = "recordPartyOrganisation";
    const KEY: &'static [&'static str] = &["名称", "区划代码"];
    type Row = SheetRow;

    fn check(row: &mut SheetRow, _today: NaiveDate, fields: &mut Fields<'_>) {
        fields.in_order(&[("成立日期", Some(row.founded_on)), ("撤销日期", row.revoked_on)]);
        not_negative(fields, "党员数", row.members);
    }

    fn place(row: &SheetRow) -> Option<&str> {
        row.division.as_deref()
    }

    fn district(row: &mut SheetRow) -> Option<&mut Option<String>> {
        Some(&mut row.division)
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let codes = rows.iter().filter_map(|row| row.row.organisation.as_ref());
        let organisations = social_organisation::by_codes(work, codes).await?;
        let mut refused = Taken::default();
        let rows = sift(
            rows,
            &mut refused,
            "所属社会组织",
            &organisations,
            |row| row.organisation.as_ref(),
            social_organisation::IMPORT_FIRST,
        );
        let names = rows.iter().map(|row| row.row.name.clone());
        let known = known_by::<Entity, _>(work, Column::Name.is_in(names), |row| {
            (row.division.clone(), row.name.clone(), row.founded_on)
        })
        .await?;
        let organisation = |row: &SheetRow| row.organisation.as_ref().and_then(|code| organisations.get(code));
        // That of an organisation is where the organisation is.
        let division =
            |row: &SheetRow| organisation(row).map(|found| found.division.clone()).or_else(|| row.division.clone());
        let write = |model: &mut Model, row: &SheetRow| {
            row.keep(model);
            model.organisation_id = organisation(row).map(|found| found.id);
            model.uscc = organisation(row).map(|found| found.uscc.clone());
            model.division = division(row);
            Ok(())
        };
        let key = |row: &SheetRow| (division(row), row.name.clone(), row.founded_on);
        let (mut taken, _) = upsert::<Entity, _, _>(work, &rows, known, key, write).await?;
        taken.add(refused);
        Ok(taken)
    }
}
