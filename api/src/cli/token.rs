//! `minzheng token`: an access token without a sign-in, for demo and test databases (elsewhere only with
//! `MINZHENG_MINT=true`); each is a session that stands in the journal and can be ended.

use std::process::ExitCode;

use chrono::TimeDelta;
use clap::Args;
use minzheng_access::mint::{Minted, mint};
use minzheng_access::role_grant::Proposed;
use minzheng_ground::config::Config;
use minzheng_kernel::{Fault, Lang, Text};

#[derive(Args)]
pub struct Arguments {
    /// 角色 · act as the system account of this role and scope
    #[arg(long, required_unless_present = "account")]
    role: Option<String>,
    /// 业务线 · ASSISTANCE, ELDERLY, ORGANISATIONS, GOVERNANCE or WINDOW
    #[arg(long, requires = "role")]
    line: Option<String>,
    /// 范围 · division, USCC, centre number or node id; left out: the district served
    #[arg(long, requires = "role")]
    scope: Option<String>,
    /// 账户 · act as this account
    #[arg(long, value_name = "NAME", conflicts_with = "role")]
    account: Option<String>,
    /// 有效期 · such as 30m, 8h, 2d
    #[arg(long, default_value = "8h", value_parser = ttl)]
    ttl: TimeDelta,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// `90s`, `30m`, `8h`, `2d`: at least a second, at most a year.
fn ttl(text: &str) -> Result<TimeDelta, String> {
    let wrong = || format!("{text}: such as 30m, 8h or 2d, at most 366d");
    let (number, unit) = text.split_at_checked(text.len().saturating_sub(1)).ok_or_else(wrong)?;
    let number: i64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3600,
        "d" => 86_400,
        _ => return Err(wrong()),
    };
    number
        .checked_mul(seconds)
        .filter(|seconds| (1..=366 * 86_400).contains(seconds))
        .map(TimeDelta::seconds)
        .ok_or_else(wrong)
}

pub async fn run(config: &Config, arguments: Arguments) -> Result<ExitCode, Fault> {
    let (kernel, test) = super::open(config).await?;
    if !test && !config.mint {
        crate::err!("{} {}", Text::of("mint-off").say(Lang::Zh), Text::of("mint-off").say(Lang::En));
        return Ok(ExitCode::from(1));
    }
    let viewer = super::cli_viewer(&kernel);
    let whom = match (arguments.role, arguments.account) {
        (_, Some(username)) => Minted::Account(username),
        (role, None) => {
            let role = role.unwrap_or_default();
            let scope = arguments.scope.unwrap_or_else(|| super::account::usual_scope(config, &role));
            let line = arguments.line;
            Minted::Role(Proposed { account: 0, role, line, scope, valid_from: None, valid_until: None })
        }
    };
    let (token, opened) = match mint(&kernel, &viewer, whom, arguments.ttl).await {
        Ok(minted) => minted,
        Err(failure) => return super::refused(&viewer, failure),
    };
    super::settle(&kernel).await?;
    if arguments.json {
        let expires = minzheng_kernel::clock::local(opened.expires_at).to_rfc3339();
        let session = minzheng_ground::state::global_id("Session", opened.id).to_string();
        crate::out!("{}", serde_json::json!({ "token": token, "session": session, "expiresAt": expires }));
    } else {
        crate::out!("{token}");
    }
    Ok(ExitCode::SUCCESS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_life_is_a_number_and_a_unit() {
        assert_eq!(ttl("8h"), Ok(TimeDelta::hours(8)));
        assert_eq!(ttl("2d"), Ok(TimeDelta::days(2)));
        assert_eq!(ttl("90s"), Ok(TimeDelta::seconds(90)));
        for wrong in ["", "h", "8", "8 h", "-1h", "0s", "8小", "9999d", "99999999999999999999d"] {
            assert!(ttl(wrong).is_err(), "{wrong}");
        }
    }
}
