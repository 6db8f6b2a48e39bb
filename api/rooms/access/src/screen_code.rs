//! 大屏码 · signing in a wall without a token in its address. The wall shows a code and keeps the secret that the code was
//! made from; an officer confirms the code, and the secret fetches the session. Whoever only sees the code has nothing:
//! it cannot be turned back into the secret, and another secret with the same code can only be drawn here, one a request.
//! Nothing is kept until a code is confirmed.

use async_graphql::{Context, InputObject, Object, SimpleObject};
use chrono::{TimeDelta, Utc};
use entity::access::account;
use entity::access::session::{Column, Entity};
use minzheng_ground::error::{Answer, UserError, fault, outcome};
use minzheng_ground::policy::POLICY;
use minzheng_ground::state::{state, viewer};
use minzheng_kernel::commands::{Command, Sent};
use minzheng_kernel::secrets::{Keyring, OpaqueToken};
use minzheng_kernel::{Failure, Fault, Refusal, Text, UserErrorCode, Viewer, Work, commands};
use sea_orm::{ColumnTrait as _, QueryFilter as _};
use serde::Serialize;

use crate::role_grant::roles_of;
use crate::session::{Begin, FULL, Kept, Opened, Renewal, live_sessions};
use crate::sign_in::{SignInPayload, arriving, payload, tokens};
use crate::{locked, not_own};

/// Signs of a code: none of those that look like another one from afar (0 O, 1 I).
const SIGNS: &[u8; 32] = b"23456789ABCDEFGHJKLMNPQRSTUVWXYZ";
/// Signs that are drawn, five bits each.
const DRAWN: usize = 8;
/// Signs that tell a code of ours from a mistyped or an old one.
const CHECKS: usize = 2;
/// Seconds of a turn: a code is good in the turn in which it is made and in the next one.
const TURN: i64 = 300;

/// The first so many signs of a digest.
fn signs(digest: [u8; 16], count: usize) -> String {
    let bits = u128::from_be_bytes(digest);
    let at = |index: usize| usize::try_from((bits >> (123 - 5 * index)) & 31).unwrap_or_default();
    (0..count).filter_map(|index| SIGNS.get(at(index)).copied()).map(char::from).collect()
}

fn check(keys: &Keyring, drawn: &str, turn: i64) -> Result<String, Fault> {
    Ok(signs(keys.blind("screen.check", &format!("{drawn}.{turn}"))?, CHECKS))
}

/// The code of a secret that was made in a turn.
fn code_of(keys: &Keyring, secret: &OpaqueToken, turn: i64) -> Result<String, Fault> {
    let drawn = signs(keys.blind("screen.code", &format!("{}.{turn}", secret.reveal()))?, DRAWN);
    let check = check(keys, &drawn, turn)?;
    Ok(drawn + &check)
}

/// Turns whose codes are good now, the newest first.
fn turns(now: chrono::DateTime<Utc>) -> [i64; 2] {
    let turn = now.timestamp().div_euclid(TURN);
    [turn, turn - 1]
}

/// The last second of a code.
fn end(turn: i64) -> i64 {
    (turn + 2) * TURN
}

/// Under what the session of a confirmed code waits for its wall.
fn waiting(keys: &Keyring, code: &str, turn: i64) -> Result<String, Fault> {
    Ok(hex::encode(keys.blind("screen.waiting", &format!("{code}.{turn}"))?))
}

/// What somebody typed, as the wall shows it, and its turn; nothing where it is no code of ours or is too old.
fn read(keys: &Keyring, typed: &str, now: chrono::DateTime<Utc>) -> Result<Option<(String, i64)>, Fault> {
    let code: String = typed.to_uppercase().chars().filter(char::is_ascii_alphanumeric).collect();
    let Some((drawn, last)) = code.split_at_checked(DRAWN) else { return Ok(None) };
    for turn in turns(now) {
        if check(keys, drawn, turn)? == last {
            return Ok(Some((code, turn)));
        }
    }
    Ok(None)
}

/// A code for a wall to show.
#[derive(SimpleObject)]
pub struct ScreenCode {
    /// 大屏码 · what the wall shows.
    code: String,
    /// 密钥 · kept by the wall alone, and sent by `redeemScreenCode`.
    secret: String,
    /// 有效秒数 · of the code.
    expires_in: i32,
}

/// Which code, and whose wall it becomes.
#[derive(InputObject)]
pub struct ConfirmScreenCodeInput {
    /// 大屏码 · as the wall shows it; case, blanks and hyphens do not matter.
    code: String,
    /// 用户名 · of the account that holds SCREEN.
    username: String,
}

/// What became of a code.
#[derive(SimpleObject)]
pub struct ConfirmScreenCodePayload {
    /// 已确认 · the wall begins by itself.
    confirmed: bool,
    /// 业务拒绝
    user_errors: Vec<UserError>,
}

/// The wall's secret.
#[derive(InputObject)]
pub struct RedeemScreenCodeInput {
    /// 密钥 · that of `createScreenCode`.
    secret: String,
}

/// The changes.
#[derive(Default)]
pub struct ScreenCodeMutation;

#[Object]
impl ScreenCodeMutation {
    /// 生成大屏码 · a code for a wall that has no session, good for five to ten minutes. One a document.
    async fn create_screen_code(&self, context: &Context<'_>) -> Answer<ScreenCode> {
        let kernel = &state(context)?.kernel;
        let now = kernel.clock.now();
        let [turn, _] = turns(now);
        let secret = OpaqueToken::generate().map_err(|error| fault(context, error.into()))?;
        let code = code_of(&kernel.keys, &secret, turn).map_err(|error| fault(context, error))?;
        let expires_in = i32::try_from(end(turn) - now.timestamp()).unwrap_or_default();
        Ok(ScreenCode { code, secret: format!("{}.{turn}", secret.reveal()), expires_in })
    }

    /// 确认大屏码 · gives the wall that shows this code a session of an account that holds SCREEN. Be in front of the wall:
    /// a code that somebody sends you is the sender's. Requires `SECURITY_ADMIN`.
    async fn confirm_screen_code(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: ConfirmScreenCodeInput,
    ) -> Answer<ConfirmScreenCodePayload> {
        let command = ConfirmScreenCode::new(input.code, &input.username).map_err(|error| fault(context, error))?;
        let done = commands::run(&state(context)?.kernel, viewer(context)?, command, &Sent::default()).await;
        let (done, user_errors) = outcome(context, done)?;
        Ok(ConfirmScreenCodePayload { confirmed: done.is_some(), user_errors })
    }

    /// 兑换大屏会话 · the session of a confirmed code, once; no token and no refusal as long as nobody has confirmed it.
    /// One a document.
    async fn redeem_screen_code(
        &self,
        context: &Context<'_>,
        #[graphql(desc = "输入 · what is to be recorded")] input: RedeemScreenCodeInput,
    ) -> Answer<SignInPayload> {
        let state = state(context)?;
        let kernel = &state.kernel;
        let redeem = async {
            let known = input.secret.split_once('.');
            let known = known.and_then(|(secret, turn)| Some((OpaqueToken::parse(secret)?, turn.parse::<i64>().ok()?)));
            let known = known.filter(|(_, turn)| turns(kernel.clock.now()).contains(turn));
            let (secret, turn) = known.ok_or_else(|| refused("secret"))?;
            let waiting = waiting(&kernel.keys, &code_of(&kernel.keys, &secret, turn)?, turn)?;
            let system = Viewer::system(&POLICY, "access", kernel.clock.today());
            let confirmed = system.select::<Entity>().filter(Column::FamilyHash.eq(&waiting));
            let confirmed = confirmed.filter(live_sessions(kernel.clock.now())).one(kernel.db.read()).await?;
            if confirmed.is_none() {
                return Ok(SignInPayload::default());
            }
            let renewal = Renewal::new()?;
            let command =
                RedeemScreenCode { waiting, renewal: renewal.kept.clone(), days: state.config.screen_days.max(1) };
            let opened = commands::run(kernel, &arriving(kernel, None), command, &Sent::default()).await?;
            Ok(tokens(state, &opened, Some(renewal.plain))?)
        };
        payload(context, redeem.await)
    }
}

fn refused(field: &str) -> Failure {
    Refusal::invalid(field, Text::of("screen-code")).into()
}

/// 确认大屏码
#[derive(Clone, Debug, Serialize)]
pub struct ConfirmScreenCode {
    code: String,
    username: String,
    /// Given to nobody: the wall's own comes with its secret.
    #[serde(skip)]
    renewal: Kept,
}

impl ConfirmScreenCode {
    /// For the wall that shows this code.
    pub fn new(code: String, username: &str) -> Result<Self, Fault> {
        let renewal = super::session::no_renewal()?;
        Ok(Self { code, username: username.trim().to_lowercase(), renewal })
    }
}

#[async_trait::async_trait]
impl Command for ConfirmScreenCode {
    const NAME: &'static str = "confirmScreenCode";
    type Output = ();

    async fn execute(self, work: &mut Work<'_>) -> Result<(), Failure> {
        let keys = &work.kernel.keys;
        let (code, turn) = read(keys, &self.code, work.now)?.ok_or_else(|| refused("code"))?;
        let family = waiting(keys, &code, turn)?;
        let known = work.everywhere::<account::Entity>().filter(account::Column::Username.eq(&self.username));
        let account = known.one(work.tx()).await?.ok_or_else(|| Refusal::not_found("username"))?;
        not_own(work.viewer, account.id, "username")?;
        let ends = account.valid_until.is_some_and(|until| until < work.today());
        if account.disabled || ends || !roles_of(work, [account.id], false).await?.contains("SCREEN") {
            return Err(Refusal::invalid("username", Text::of("screen-account")).into());
        }
        if work.everywhere::<Entity>().filter(Column::FamilyHash.eq(&family)).one(work.tx()).await?.is_some() {
            return Err(Refusal::new(UserErrorCode::Duplicate, Text::of("screen-code")).at("code").into());
        }
        let begin = Begin {
            account: account.id,
            kind: "SCREEN",
            scope: FULL,
            acting_for: None,
            renewal: Kept { family, ..self.renewal },
            life: TimeDelta::seconds(end(turn) - work.now.timestamp()),
        };
        begin.insert(work, false).await?;
        Ok(())
    }
}

/// 兑换大屏会话
#[derive(Clone, Debug, Serialize)]
struct RedeemScreenCode {
    waiting: String,
    renewal: Kept,
    days: i64,
}

#[async_trait::async_trait]
impl Command for RedeemScreenCode {
    const NAME: &'static str = "redeemScreenCode";
    type Output = Opened;

    async fn execute(self, work: &mut Work<'_>) -> Result<Opened, Failure> {
        let found = work.everywhere::<Entity>().filter(Column::FamilyHash.eq(&self.waiting)).one(work.tx()).await?;
        let row = locked::<Entity>(work, found.ok_or_else(|| refused("secret"))?.id, "secret").await?;
        let session = row.row();
        // Another that was as quick has it by now.
        let taken = session.family_hash.as_deref() != Some(self.waiting.as_str());
        if taken || session.ended_at.is_some() || session.expires_at <= work.now {
            return Err(refused("secret"));
        }
        let (now, until) = (work.now, work.now + TimeDelta::days(self.days));
        let session = work
            .update::<Entity>(row, |session| {
                session.family_hash = Some(self.renewal.family);
                session.refresh_hash = self.renewal.hash;
                session.used_at = now;
                session.expires_at = until;
            })
            .await?;
        Ok(Opened::of(&session, false))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_signs_that_are_told_apart() {
        let code = signs([0xff; 16], DRAWN);
        assert_eq!(code, "ZZZZZZZZ");
        assert_eq!(signs([0; 16], CHECKS), "22");
        // 1, 2, 3 … in five bits each.
        let bits = (0..10_u128).fold(0, |all, sign| (all << 5) | sign) << (128 - 50);
        assert_eq!(signs(bits.to_be_bytes(), 10), "23456789AB");
        for alike in [b'0', b'1', b'I', b'O'] {
            assert!(!SIGNS.contains(&alike));
        }
    }

    #[test]
    fn a_code_is_good_for_two_turns() {
        let at = |seconds| chrono::DateTime::from_timestamp(seconds, 0).expect("an instant");
        assert_eq!(turns(at(0)), [0, -1]);
        assert_eq!(turns(at(TURN - 1)), [0, -1]);
        assert_eq!(turns(at(2 * TURN)), [2, 1]);
        assert!(!turns(at(end(0))).contains(&0) && turns(at(end(0) - 1)).contains(&0));
    }
}
