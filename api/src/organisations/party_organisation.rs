//! 党组织 · party organisations in and above social organisations (A3.3, A4.2b).

use async_graphql::{Context, ID, Object};
use chrono::NaiveDate;
use entity::organisations::party_organisation::{Column, Entity, Model};
use minzheng_kernel::{Failure, Work};
use sea_orm::ColumnTrait as _;

use super::social_organisation::{self, SocialOrganisation};
use crate::exchange::check::not_negative;
use crate::exchange::row::{Day, Id, One, Place, Text, Whole};
use crate::exchange::sheet::Fields;
use crate::exchange::{Kind, Numbered, Taken, known_by, sift, upsert};
use crate::graphql::codes::CodeList as _;
use crate::graphql::error::Answer;
use crate::graphql::list::{DateFilter, DivisionFilter, TextFilter};
use crate::graphql::load::{by_id, newest_of};
use crate::graphql::scalars::{Date, DivisionCode, count};
use crate::graphql::{global_id, viewer};
use crate::{list_query, listing, node};

crate::codes! {
    /// 党组织种类 · kind of party organisation.
    PartyOrganisationKind, PartyOrganisationKindFilter, "PARTY_ORGANISATION_KIND" {
        Committee "COMMITTEE" "委员会" "committee",
        GeneralBranch "GENERAL_BRANCH" "总支" "general branch",
        Branch "BRANCH" "支部" "branch",
        JointBranch "JOINT_BRANCH" "联合支部" "joint branch",
        FunctionalBranch "FUNCTIONAL_BRANCH" "功能型支部" "functional branch",
    }
}

node! {
    /// One party organisation.
    PartyOrganisation, Entity
}

/// 党组织 · a committee or branch.
#[Object(name_type)]
impl PartyOrganisation {
    /// 全局编号 · global id.
    pub async fn id(&self) -> ID {
        global_id("PartyOrganisation", self.0.model.id)
    }

    /// 名称 · name.
    fn name(&self) -> &str {
        &self.0.model.name
    }

    /// 种类 · kind.
    fn kind(&self) -> Option<PartyOrganisationKind> {
        PartyOrganisationKind::parse(&self.0.model.kind)
    }

    /// 上级 · name of the one above it.
    fn superior(&self) -> Option<&str> {
        self.0.model.superior.as_deref()
    }

    /// 成立日期 · first day.
    fn founded_on(&self) -> Date {
        Date(self.0.model.founded_on)
    }

    /// 撤销日期 · first day on which it no longer is.
    fn revoked_on(&self) -> Option<Date> {
        self.0.model.revoked_on.map(Date)
    }

    /// 党员数 · members.
    fn members(&self) -> Option<i32> {
        self.0.model.members.map(count)
    }

    /// 是否存续 · whether it is there on a day; left out: the business date.
    fn active(&self, context: &Context<'_>, on: Option<Date>) -> Answer<bool> {
        let on = on.map_or(viewer(context)?.today, |date| date.0);
        Ok(self.0.model.founded_on <= on && self.0.model.revoked_on.is_none_or(|until| on < until))
    }

    /// 下级 · those below it, newest first.
    async fn below(
        &self,
        context: &Context<'_>,
        #[graphql(default = 20)] first: i32,
    ) -> Answer<Vec<PartyOrganisation>> {
        newest_of(context, Column::Superior, &self.0.model.name, Column::FoundedOn, first).await
    }

    /// 所属社会组织 · the organisation it belongs to; null where out of scope.
    async fn organisation(&self, context: &Context<'_>) -> Answer<Option<SocialOrganisation>> {
        match self.0.model.organisation_id {
            Some(id) => by_id(context, id).await,
            None => Ok(None),
        }
    }

    /// 区划代码 · the district it belongs to.
    fn division(&self) -> Option<DivisionCode> {
        self.0.model.division.clone().map(DivisionCode)
    }
}

listing! {
    Entity, Column;
    filter PartyOrganisationWhere {
        /// 名称
        name: TextFilter = Name,
        /// 种类
        kind: PartyOrganisationKindFilter = Kind,
        /// 上级
        superior: TextFilter = Superior,
        /// 成立日期
        founded_on: DateFilter = FoundedOn,
        /// 撤销日期
        revoked_on: DateFilter = RevokedOn,
        /// 所属社会组织代码
        uscc: TextFilter = Uscc,
        /// 区划
        division: DivisionFilter = Division,
    }
    order PartyOrganisationOrder {
        /// 名称
        Name = Name,
        /// 成立日期
        FoundedOn = FoundedOn,
    }
}

list_query! {
    PartyOrganisationsQuery, PartyOrganisation, PartyOrganisationWhere, PartyOrganisationOrder::Name,
    "党组织列表 · party organisations in scope.", party_organisations
}

crate::sheet_row! {
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
