//! 人员花名册 · persons as sheets tell them (`persons`).

use std::collections::HashMap;

use chrono::NaiveDate;
use entity::registry::person::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::sheets::check::check_phone;
use minzheng_ground::sheets::pages::{Exported, export_page, exported};
use minzheng_ground::sheets::row::{Day, Id, Name, One, Place, Text};
use minzheng_ground::sheets::upsert::{Known, upsert};
use minzheng_ground::sheets::{Kind, Numbered, Taken};
use minzheng_kernel::{Failure, Fault, Kernel, Viewer, Work};
use minzheng_reference::elsewhere::Elsewhere;
use minzheng_reference::person::IdKind;
use minzheng_reference::person_number::{blind, by_former_blinds, phone_blind};
use minzheng_rules::identifiers::{citizen_id, normal_number};
use minzheng_sheet::cell::normal_name;
use minzheng_sheet::{Fields, NoteCode};
use sea_orm::{ColumnTrait as _, QueryFilter as _};

use crate::person::Sex;

minzheng_ground::sheet_row! {
    /// One person as a sheet tells them.
    SheetRow {
        id_kind: may One<IdKind> => "证件类型",
        id_number: need Id => "证件号码" or ["身份证号", "公民身份号码", "身份证号码"],
        name: need Name => "姓名",
        residence: may Place => "现住地代码" or ["现住地"],
        registered: may Place => "户籍地代码" or ["户籍地"],
        sex: may One<Sex> => "性别",
        birth_date: may Day => "出生日期",
        ethnicity: may Text => "民族",
        address: may Text => "详细地址" or ["住址", "家庭住址"],
        phone: may Id => "联系电话" or ["电话", "手机号"],
        death_date: may Day => "死亡日期",
    }
}

/// `persons`: matched by their number.
pub struct Sheet;

/// A row with the digest of its number, and whether that is a former one.
type Keyed = (Vec<u8>, bool, SheetRow);

#[async_trait::async_trait]
impl Kind for Sheet {
    const NAME: &'static str = "persons";
    const COMMAND: &'static str = "recordPerson";
    const KEY: &'static [&'static str] = &["证件类型", "证件号码"];
    type Row = SheetRow;

    fn stored(header: &str) -> &'static [&'static str] {
        match header {
            "证件类型" => &["id_kind"],
            "现住地代码" => &["residence"],
            "户籍地代码" => &["registered"],
            "性别" => &["sex"],
            "出生日期" => &["birth_date"],
            "民族" => &["ethnicity"],
            "详细地址" => &["address"],
            "联系电话" => &["phone", "phone_blind"],
            "死亡日期" => &["death_date"],
            _ => &[],
        }
    }

    fn check(row: &mut SheetRow, today: NaiveDate, fields: &mut Fields<'_>) {
        let kind = *row.id_kind.get_or_insert(IdKind::CitizenId);
        row.id_number = normal_number(&row.id_number);
        if kind == IdKind::CitizenId {
            match citizen_id::parse(&row.id_number, today) {
                Ok(known) => {
                    if row.id_number.len() != known.number.len() {
                        fields.say("证件号码", NoteCode::MadeEighteen);
                    }
                    row.id_number.clone_from(&known.number);
                    let sex = Sex::of(&known);
                    if row.sex.is_some_and(|given| given != Sex::Unstated && given != sex) {
                        let text = "与身份证号码不符 · differs from what the ID number says";
                        fields.refuse(Some("性别"), "SEX_DIFFERS", text, "核对号码和性别 · check both");
                    }
                    if row.birth_date.is_some_and(|given| given != known.birth) {
                        let text = "与身份证号码不符 · differs from what the ID number says";
                        fields.refuse(Some("出生日期"), "BIRTHDATE_DIFFERS", text, "核对号码和日期 · check both");
                    }
                    (row.sex, row.birth_date) = (Some(sex), Some(known.birth));
                }
                Err(error) => fields.refuse(
                    Some("证件号码"),
                    error.code(),
                    "不是有效的居民身份证号码 · not a valid citizen's number",
                    "按身份证核对 18 位号码；没有身份证的，证件类型填“无证件” · check the 18 characters against the card",
                ),
            }
        }
        if row.residence.is_none() && row.registered.is_none() {
            fields.refuse(
                Some("现住地代码"),
                "REQUIRED",
                "现住地和户籍地至少填一个 · residence or register is needed",
                "填写其中一个 · give one of them",
            );
        }
        check_phone(&mut row.phone, fields);
        fields.in_order(&[("出生日期", row.birth_date), ("死亡日期", row.death_date)]);
        if row.death_date.is_some_and(|date| date > today) {
            let text = "死亡日期在今天之后 · the date of death lies ahead";
            fields.refuse(Some("死亡日期"), "DATE_AHEAD", text, "改正日期 · correct the date");
        }
    }

    fn place(row: &SheetRow) -> Option<&str> {
        // Who records a person answers for the place where they live, or else for the register.
        row.residence.as_deref().or(row.registered.as_deref())
    }

    async fn apply(work: &mut Work<'_>, rows: Vec<Numbered<SheetRow>>) -> Result<Taken, Failure> {
        let kernel = work.kernel;
        let mut keyed = Vec::with_capacity(rows.len());
        for Numbered { number, row } in rows {
            let kind = row.id_kind.unwrap_or(IdKind::CitizenId);
            let blind = blind(&kernel.keys, kind.code(), &row.id_number)?;
            keyed.push(Numbered { number, row: (blind, false, row) });
        }
        let blinds = keyed.iter().map(|row| row.row.0.clone());
        let known = work.everywhere::<Entity>().filter(Column::IdBlind.is_in(blinds)).all(work.tx()).await?;
        let (known, elsewhere) = work.part_by_reach::<Entity>(known).await?;
        let mut known: HashMap<Vec<u8>, Model> =
            known.into_iter().map(|model| (model.id_blind.clone(), model)).collect();
        let mut refused = Taken::default();
        if keyed.iter().any(|row| !known.contains_key(&row.row.0)) {
            let far: HashMap<Vec<u8>, i64> = elsewhere.into_iter().map(|row| (row.id_blind, row.id)).collect();
            let number = |row: &Keyed| Some((row.2.id_number.clone(), *far.get(&row.0)?));
            let held = keyed.iter().filter_map(|row| number(&row.row)).collect();
            let elsewhere = Elsewhere::told(work, held).await?;
            keyed.retain(|Numbered { number, row: (blind, _, row) }| {
                known.contains_key(blind) || !elsewhere.refuse(&mut refused, *number, "证件号码", &row.id_number)
            });
        }
        // A row with the number that somebody of this name had before is about that person. With another name it is
        // about somebody else, whose number it is: a wrong number may well be another's right one.
        let unknown = keyed.iter().map(|row| &row.row.0).filter(|blind| !known.contains_key(*blind));
        let former = by_former_blinds(work, unknown.cloned().collect()).await?;
        for Numbered { row: (blind, is_former, row), .. } in &mut keyed {
            if let Some(person) = former.get(blind).filter(|person| normal_name(&person.name) == row.name) {
                (*blind, *is_former) = (person.id_blind.clone(), true);
                known.entry(person.id_blind.clone()).or_insert_with(|| person.clone());
            }
        }
        let write = |model: &mut Model, (blind, is_former, row): &Keyed| {
            if !is_former {
                row.id_kind.unwrap_or(IdKind::CitizenId).code().clone_into(&mut model.id_kind);
                model.id_blind.clone_from(blind);
                if model.id_number.is_empty() {
                    model.id_number = kernel.keys.seal(&model.key_salt, "person.id_number", &row.id_number)?;
                }
                row.sex.unwrap_or(Sex::Unstated).code().clone_into(&mut model.sex);
                model.birth_date = row.birth_date;
            }
            model.name.clone_from(&row.name);
            model.ethnicity.clone_from(&row.ethnicity);
            model.residence.clone_from(&row.residence);
            model.registered.clone_from(&row.registered);
            kernel.keys.reseal(&model.key_salt, "person.address", &mut model.address, row.address.as_deref())?;
            kernel.keys.reseal(&model.key_salt, "person.phone", &mut model.phone, row.phone.as_deref())?;
            model.phone_blind = match &row.phone {
                Some(number) => Some(phone_blind(&kernel.keys, number)?),
                None => None,
            };
            model.death_date = row.death_date;
            Ok(())
        };
        let known = Known::<Entity, _>::of(work, known.into_values().collect(), |row| row.id_blind.clone()).await?;
        let (mut taken, _) = upsert::<Entity, _, _>(work, &keyed, known, |row| row.0.clone(), write).await?;
        taken.add(refused);
        Ok(taken)
    }

    async fn export(kernel: &Kernel, viewer: &Viewer, after: i64) -> Result<Exported<SheetRow>, Fault> {
        let (models, next) = export_page::<Entity>(kernel, viewer, after).await?;
        exported::<Entity, _>(viewer, &models, next, |model| row_of(kernel, model).map(Some))
    }
}

/// A person as a sheet tells them.
pub fn row_of(kernel: &Kernel, model: &Model) -> Result<SheetRow, Fault> {
    let open = |context, blob: &Option<Vec<u8>>| kernel.keys.open_some(&model.key_salt, context, blob.as_deref());
    Ok(SheetRow {
        id_kind: IdKind::parse(&model.id_kind),
        id_number: kernel.keys.open(&model.key_salt, "person.id_number", &model.id_number)?,
        name: model.name.clone(),
        residence: model.residence.clone(),
        registered: model.registered.clone(),
        sex: Sex::parse(&model.sex),
        birth_date: model.birth_date,
        ethnicity: model.ethnicity.clone(),
        address: open("person.address", &model.address)?,
        phone: open("person.phone", &model.phone)?,
        death_date: model.death_date,
    })
}

/// What a sheet tells of a citizen of whom it has no more than name, number and place.
pub fn citizen(id: &citizen_id::CitizenId, name: &str, residence: &str) -> SheetRow {
    SheetRow {
        id_kind: Some(IdKind::CitizenId),
        id_number: id.number.clone(),
        name: name.to_owned(),
        residence: Some(residence.to_owned()),
        registered: None,
        sex: Some(Sex::of(id)),
        birth_date: Some(id.birth),
        ethnicity: None,
        address: None,
        phone: None,
        death_date: None,
    }
}
