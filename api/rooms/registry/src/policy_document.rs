//! 政策文件 · the instruments on which parameters and lists stand (A1.1a, A2.1c); public, by their document number.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use chrono::NaiveDate;
use entity::kernel::file;
use entity::registry::policy_document::{Column, Entity, Model};
use minzheng_ground::codes::CodeList as _;
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::files::{File, attach, of_row};
use minzheng_ground::scalars::Date;
use minzheng_ground::state::{row_id, state, viewer};
use minzheng_ground::{Builder, Link, Row, Table};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::{Failure, Refusal, Text, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

minzheng_ground::codes! {
    /// 政策领域 · field of policy.
    PolicyField, PolicyFieldFilter, "POLICY_FIELD" {
        Assistance "ASSISTANCE" "社会救助" "social assistance",
        Welfare "WELFARE" "社会福利" "welfare benefits",
        Support "SUPPORT" "养老政策扶持" "support of elder care",
        Facility "FACILITY" "养老设施建设" "facilities of elder care",
        Talent "TALENT" "养老人才培养" "training for elder care",
        Supervision "SUPERVISION" "养老综合监管" "supervision of elder care",
        Governance "GOVERNANCE" "基层治理" "grassroots governance",
        Organisations "ORGANISATIONS" "社会组织" "social organisations",
        Other "OTHER" "其他" "other",
    }
}

/// One instrument.
pub type PolicyDocument = Row<Entity>;

/// 政策文件 · an instrument of policy.
pub fn table() -> Table {
    Builder::<Entity>::new("政策文件 · an instrument of policy.")
        .list("policyDocuments", "政策文件列表 · instruments of policy; public.", Column::DocNo)
        .id()
        .text(Column::DocNo, "文号 · document number.")
        .filter()
        .order()
        .text(Column::Title, "标题 · title.")
        .text(Column::Issuer, "发文机关 · who issued it.")
        .code::<PolicyField>(Column::Field, "政策领域 · field.")
        .filter()
        .date(Column::IssuedOn, "发文日期 · day of issue.")
        .date(Column::ValidFrom, "生效日期 · first day.")
        .filter()
        .order()
        .date(Column::ValidUntil, "失效日期 · first day on which it no longer holds.")
        .filter()
        .later_of::<Option<File>>("file", "文件 · its text, where it was uploaded.", |context, row| {
            Box::pin(async move {
                let found = of_row(&state(context)?.kernel, viewer(context)?, "PolicyDocument", row.model.id).await;
                Ok(found.map_err(|e| fault(context, e))?.map(File))
            })
        })
        .because("whether the viewer may read the file is asked each time")
        .version()
        .table()
}

/// A document number in its one form: without blanks, the year in 〔〕.
pub fn normal_doc_no(given: &str) -> String {
    let sign = |sign: char| match sign {
        '[' | '［' | '【' | '（' | '(' => '〔',
        ']' | '］' | '】' | '）' | ')' => '〕',
        other => other,
    };
    given.chars().filter(|sign| !sign.is_whitespace()).map(sign).collect()
}

/// An instrument as it is.
#[derive(InputObject)]
pub struct RecordPolicyDocumentInput {
    /// 文号 · an instrument that is known by it is corrected.
    #[graphql(validator(min_length = 1, max_length = 100))]
    doc_no: String,
    /// 标题
    #[graphql(validator(min_length = 1, max_length = 300))]
    title: String,
    /// 发文机关
    #[graphql(validator(min_length = 1, max_length = 200))]
    issuer: String,
    /// 政策领域
    field: PolicyField,
    /// 发文日期
    issued_on: Option<Date>,
    /// 生效日期
    valid_from: Date,
    /// 失效日期 · first day on which it no longer holds.
    valid_until: Option<Date>,
    /// 文件 · a whole upload of one's own (`createUpload`).
    file: Option<ID>,
    /// 幂等键 · the client's own, for repeated sending.
    idempotency_key: Option<String>,
}

/// What became of an instrument.
#[derive(SimpleObject)]
pub struct PolicyDocumentPayload {
    /// 政策文件 · as it is now; null when refused.
    policy_document: Option<Link<Entity>>,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The changes.
#[derive(Default)]
pub struct PolicyDocumentMutation;

#[Object]
impl PolicyDocumentMutation {
    /// 登记政策文件 · records an instrument of policy, or corrects the one of this number; requires DISTRICT_ADMIN.
    async fn record_policy_document(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RecordPolicyDocumentInput,
    ) -> Answer<PolicyDocumentPayload> {
        let file = input.file.as_ref().map(|id| row_id::<file::Entity>(id, "file")).transpose();
        let done = match file {
            Ok(file) => {
                let command = RecordPolicyDocument {
                    doc_no: normal_doc_no(&input.doc_no),
                    title: input.title.trim().to_owned(),
                    issuer: input.issuer.trim().to_owned(),
                    field: input.field,
                    issued_on: input.issued_on.map(|date| date.0),
                    valid_from: input.valid_from.0,
                    valid_until: input.valid_until.map(|date| date.0),
                    file,
                };
                let sent = Sent::with_key(input.idempotency_key);
                commands::run(&state(context)?.kernel, viewer(context)?, command, &sent).await
            }
            Err(refusal) => Err(refusal.into()),
        };
        let (row, user_errors) = outcome(context, done)?;
        Ok(PolicyDocumentPayload { policy_document: row.map(Link::id), user_errors })
    }
}

/// 登记政策文件 · records an instrument.
#[derive(Clone, Debug, Serialize)]
struct RecordPolicyDocument {
    doc_no: String,
    title: String,
    issuer: String,
    field: PolicyField,
    issued_on: Option<NaiveDate>,
    valid_from: NaiveDate,
    valid_until: Option<NaiveDate>,
    file: Option<i64>,
}

impl RecordPolicyDocument {
    fn write(&self, model: &mut Model) {
        model.doc_no.clone_from(&self.doc_no);
        model.title.clone_from(&self.title);
        model.issuer.clone_from(&self.issuer);
        self.field.code().clone_into(&mut model.field);
        (model.issued_on, model.valid_from, model.valid_until) = (self.issued_on, self.valid_from, self.valid_until);
    }
}

#[async_trait::async_trait]
impl Command for RecordPolicyDocument {
    const NAME: &'static str = "recordPolicyDocument";
    type Output = i64;

    async fn execute(self, work: &mut Work<'_>) -> Result<i64, Failure> {
        for (value, field) in [(&self.doc_no, "docNo"), (&self.title, "title"), (&self.issuer, "issuer")] {
            if value.is_empty() {
                return Err(Refusal::invalid(field, Text::of("required")).into());
            }
        }
        if self.valid_until.is_some_and(|until| until <= self.valid_from) {
            return Err(Refusal::invalid("validUntil", Text::of("date-order-from")).into());
        }
        let known = work.everywhere::<Entity>().filter(Column::DocNo.eq(&self.doc_no)).one(work.tx()).await?;
        let id = if let Some(known) = known {
            let row = work.checked::<Entity>(known);
            work.update::<Entity>(row, |model| self.write(model)).await?.id
        } else {
            let mut new = Model { id: work.id().await?, version: 1, ..Model::default() };
            self.write(&mut new);
            work.insert::<Entity>(new).await?.id
        };
        if let Some(file) = self.file {
            attach(work, file, ("PolicyDocument", id), "file").await?;
        }
        Ok(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_number_has_one_form() {
        for same in ["示例发〔2023〕1号", "示例发[2023]1号", " 示例发（2023） 1号"] {
            assert_eq!(normal_doc_no(same), "示例发〔2023〕1号");
        }
    }
}
