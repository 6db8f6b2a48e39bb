//! 持有人 · who holds an account, as a person: by the number of the identity card, whose digest is that of a registered
//! person with the same number. Duties and four eyes hold between people, so all accounts of one are one.

use entity::access::{account, password_issue};
use entity::registry::person;
use minzheng_ground::policy::{INCOMPATIBLE_ROLES, POLICY};
use minzheng_kernel::secrets::Keyring;
use minzheng_kernel::viewer::{Bound, Holder, People};
use minzheng_kernel::{Failure, Fault, Refusal, Text, UserErrorCode, Viewer, Work};
use minzheng_reference::person_number;
use minzheng_rules::identifiers::citizen_id;
use sea_orm::sea_query::{Condition, Query};
use sea_orm::{ColumnTrait as _, ConnectionTrait, DatabaseTransaction, QueryFilter as _};

use crate::password_issue::ISSUED;

/// What the sealed number is called.
pub(super) const SEALED_AS: &str = "account.id_number";

/// A holder's number in its one form; refuses what is no number of an identity card.
pub fn number(given: &str, today: chrono::NaiveDate) -> Result<String, Refusal> {
    let wrong = |_| Refusal::invalid("idNumber", Text::of("holder-number").with("value", given.trim()));
    Ok(citizen_id::parse(given, today).map_err(wrong)?.number)
}

/// Writes a holder's number into an account.
pub(super) fn write(keys: &Keyring, account: &mut account::Model, number: &str) -> Result<(), Failure> {
    keys.reseal(&account.key_salt, SEALED_AS, &mut account.id_number, Some(number))?;
    account.id_blind = Some(person_number::citizen_blind(keys, number)?);
    Ok(())
}

/// Whether it is known who holds an account. That of a role is its own holder.
pub(super) fn is_known(account: &account::Model) -> bool {
    account.system || account.id_blind.is_some() || account.person_id.is_some()
}

/// Refuses a holder for an account that has another, or that holds roles already: who gave them knew of none. The
/// command line may.
pub(super) fn may_be_given(
    viewer: &Viewer,
    account: &account::Model,
    blind: &[u8],
    holds_roles: bool,
) -> Result<(), Refusal> {
    let other = account.id_blind.as_ref().is_some_and(|own| own != blind);
    let unasked = account.id_blind.is_none() && holds_roles && !super::role_grant::is_system(viewer);
    if other || unasked {
        return Err(Refusal::new(UserErrorCode::Forbidden, Text::of("holder-other")).at("idNumber"));
    }
    Ok(())
}

/// Refuses one of the three duties for an account of which nobody knows whose it is.
pub(super) fn needed(viewer: &Viewer, account: &account::Model, roles: &[&str]) -> Result<(), Refusal> {
    match roles.iter().find(|role| INCOMPATIBLE_ROLES.contains(role)) {
        Some(duty) if !is_known(account) && !super::role_grant::is_system(viewer) => {
            Err(Refusal::invalid("role", Text::of("holder-needed").with("role", *duty)))
        }
        _ => Ok(()),
    }
}

/// All accounts of the person who holds one, itself among them.
pub(super) async fn accounts_of<C: ConnectionTrait>(
    db: &C,
    system: &Viewer,
    account: &account::Model,
) -> Result<Vec<i64>, Fault> {
    use account::Column as Account;
    use person::Column as Person;
    let mut same = Condition::any();
    if let Some(id) = account.person_id {
        let number =
            Query::select().column(Person::IdBlind).from(person::Entity).and_where(Person::Id.eq(id)).to_owned();
        same = same.add(Account::PersonId.eq(id)).add(Account::IdBlind.in_subquery(number));
    }
    if let Some(blind) = &account.id_blind {
        let person = Query::select()
            .column(Person::Id)
            .from(person::Entity)
            .and_where(Person::IdBlind.eq(blind.clone()))
            .to_owned();
        same = same.add(Account::IdBlind.eq(blind.clone())).add(Account::PersonId.in_subquery(person));
    }
    let mut accounts = vec![account.id];
    if !same.is_empty() {
        let others = system.select::<account::Entity>().filter(same).filter(Account::Id.ne(account.id));
        accounts.extend(others.all(db).await?.into_iter().map(|other| other.id));
    }
    Ok(accounts)
}

/// Who a viewer is to the rules of two: of its account, and of the one it acts for. `days`: for how long after its first
/// use a password that somebody gave out binds the two.
pub(super) async fn of<C: ConnectionTrait>(
    db: &C,
    system: &Viewer,
    own: &[&account::Model],
    now: chrono::DateTime<chrono::Utc>,
    days: i64,
) -> Result<Holder, Fault> {
    use password_issue::Column;
    let mut accounts = Vec::new();
    for account in own {
        accounts.extend(accounts_of(db, system, account).await?);
    }
    accounts.sort_unstable();
    accounts.dedup();
    let of_these = [Column::AccountId, Column::ProposedBy, Column::ConfirmedBy];
    let of_these = of_these.into_iter().fold(Condition::any(), |any, column| any.add(column.is_in(accounts.clone())));
    let issues = system
        .select::<password_issue::Entity>()
        .filter(Column::State.eq(ISSUED))
        .filter(Column::UsedAt.is_not_null())
        .filter(of_these)
        .all(db)
        .await?;
    let days = chrono::TimeDelta::days(days.clamp(0, 3650));
    let mut bound = Vec::new();
    for issue in issues {
        let Some(used) = issue.used_at else { continue };
        if !accounts.contains(&issue.account_id) {
            bound.push(Bound { account: issue.account_id, from: Some(used), until: Some(used + days) });
        } else if now <= used + days {
            let gave = [issue.proposed_by, issue.confirmed_by].into_iter().flatten();
            let gave = system.select::<account::Entity>().filter(account::Column::Id.is_in(gave)).all(db).await?;
            for giver in gave {
                let all = accounts_of(db, system, &giver).await?;
                bound.extend(all.into_iter().map(|account| Bound { account, from: None, until: None }));
            }
        }
    }
    Ok(Holder { known: own.iter().all(|account| is_known(account)), accounts, bound })
}

/// Who is who, as the commands ask.
pub(super) struct Known {
    /// Days for which a password that somebody gave out binds the two.
    pub days: i64,
    /// The clock of the process.
    pub clock: minzheng_kernel::Clock,
}

#[async_trait::async_trait]
impl People for Known {
    async fn holder(&self, tx: &DatabaseTransaction, viewer: &Viewer) -> Result<Holder, Fault> {
        let system = Viewer::system(&POLICY, "access", viewer.today);
        let own = [viewer.account_id, viewer.acting_for].into_iter().flatten();
        let own = system.select::<account::Entity>().filter(account::Column::Id.is_in(own)).all(tx).await?;
        of(tx, &system, &own.iter().collect::<Vec<_>>(), self.clock.now(), self.days).await
    }
}

/// All accounts of those who hold these, in a unit of work.
pub(super) async fn people(work: &Work<'_>, account: &account::Model) -> Result<Vec<i64>, Failure> {
    let system = Viewer::system(&POLICY, "access", work.today());
    Ok(accounts_of(work.tx(), &system, account).await?)
}
