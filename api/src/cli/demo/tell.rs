//! What a demo says when it is ready: addresses, who can sign in, and two lines that work as they stand.

use std::fmt::Write as _;

use minzheng_demo::{PASSWORD, PLATFORM_SECRET};
use minzheng_ground::policy::{LINE_LABELS, role_of};
use serde_json::{Map, Value};

use super::DISTRICT;
use super::people::Known;

/// The address of the screen, with the token that it opens by.
fn screen(address: &str, tokens: &Map<String, Value>) -> String {
    let token = tokens.get("SCREEN").and_then(Value::as_str).unwrap_or_default();
    format!("http://{address}/screen#token={token}")
}

/// One line for scripts.
pub fn json(address: &str, tokens: &Map<String, Value>) -> String {
    serde_json::json!({
        "graphql": format!("http://{address}/graphql"),
        "ws": format!("ws://{address}/graphql/ws"),
        "screen": screen(address, tokens),
        "tokens": tokens,
    })
    .to_string()
}

/// For people.
pub fn words(address: &str, people: &[Known], tokens: &Map<String, Value>) -> String {
    let mut text = String::new();
    for (name, at) in [
        ("手册 · handbook", format!("http://{address}/docs")),
        ("大屏 · big screen", screen(address, tokens)),
        ("接口 · GraphQL", format!("http://{address}/graphql")),
        ("试查 · GraphiQL", format!("http://{address}/graphiql")),
    ] {
        let _ = writeln!(text, "{}{at}", padded(name, 20));
    }
    let _ = writeln!(text, "\n账户 · accounts（密码均为 · password of all: {PASSWORD}）\n");
    let heads = ["角色", "role", "账户 · account", "姓名 · name", "所在 · where"].map(str::to_owned);
    let rows = people.iter().map(|one| {
        let role = role_of(one.staff.role).map_or(one.staff.role, |role| role.zh);
        let line = LINE_LABELS.iter().find(|(code, _)| one.staff.line == Some(*code)).map(|(_, zh)| zh);
        let role = line.map_or_else(|| role.to_owned(), |line| format!("{role}（{line}）"));
        [role, one.staff.title.to_owned(), one.staff.username.to_owned(), one.name.clone(), one.place.clone()]
    });
    let rows: Vec<[String; 5]> = std::iter::once(heads).chain(rows).collect();
    for row in &rows {
        let mut line = String::new();
        for (at, cell) in row.iter().enumerate() {
            let widest = rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or_default();
            line += &padded(cell, widest + 2);
        }
        let _ = writeln!(text, "{}", line.trim_end());
    }
    let platform = people.iter().find(|one| one.staff.role == "PLATFORM").map_or("", |one| one.staff.username);
    let _ =
        writeln!(text, "\n{platform} 以密钥登录 · signs in with its secret (signInPlatformClient): {PLATFORM_SECRET}");
    let username = people.first().map_or("", |one| one.staff.username);
    let _ = write!(
        text,
        "\n取令牌（15 分钟有效）· get a token, good for 15 minutes:\n\n{}\n\n用令牌查询 · ask with it:\n\n{}\n",
        sign_in(address, username),
        ask(address)
    );
    text
}

/// Puts a token into `TOKEN`.
fn sign_in(address: &str, username: &str) -> String {
    let query = format!(
        r#"mutation {{ signIn(input: {{ username: \"{username}\", password: \"{PASSWORD}\" }}) {{ accessToken }} }}"#
    );
    format!(
        r#"TOKEN=$(curl -s http://{address}/graphql -H 'content-type: application/json' -d '{{"query":"{query}"}}' | sed 's/.*"accessToken":"\([^"]*\)".*/\1/')"#
    )
}

/// Asks for three figures with it.
fn ask(address: &str) -> String {
    let query = format!(
        r#"{{ viewer {{ account }} figures(division: \"{DISTRICT}\", period: {{ year: 2023, half: H1 }}, codes: [\"F1\", \"F2\", \"F8\"]) {{ figures {{ name display unit }} }} }}"#
    );
    format!(
        r#"curl -s http://{address}/graphql -H 'content-type: application/json' -H "authorization: Bearer $TOKEN" -d '{{"query":"{query}"}}'"#
    )
}

/// How many columns of a terminal a text takes.
fn width(text: &str) -> usize {
    text.chars().map(|sign| if sign.is_ascii() || sign == '·' { 1 } else { 2 }).sum()
}

fn padded(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(width(text))))
}
