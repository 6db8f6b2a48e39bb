//! PostgreSQL's own programs: `pg_dump` and `pg_restore`, told where the database is by their environment, so that no
//! password stands in the list of processes.

use std::path::Path;
use std::process::Stdio;

use minzheng_ground::config::Config;
use minzheng_kernel::{Db, Fault};
use percent_encoding::percent_decode_str;
use tokio::process::Command;
use url::Url;

/// What PostgreSQL's library takes from the environment, by the name in an address.
const NAMES: &[(&str, &str)] = &[
    ("host", "PGHOST"),
    ("hostaddr", "PGHOSTADDR"),
    ("port", "PGPORT"),
    ("user", "PGUSER"),
    ("password", "PGPASSWORD"),
    ("dbname", "PGDATABASE"),
    ("options", "PGOPTIONS"),
    ("sslmode", "PGSSLMODE"),
    ("sslrootcert", "PGSSLROOTCERT"),
    ("sslcert", "PGSSLCERT"),
    ("sslkey", "PGSSLKEY"),
];

/// An address as an environment.
fn environment(address: &str) -> Result<Vec<(&'static str, String)>, Fault> {
    let url = Url::parse(address).map_err(|error| Fault::internal(format!("MINZHENG_DATABASE_URL: {error}")))?;
    let plain = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let host = url.host_str().map(|host| plain(host.trim_start_matches('[').trim_end_matches(']')));
    let mut all = vec![
        ("host", host.unwrap_or_default()),
        ("port", url.port().map(|port| port.to_string()).unwrap_or_default()),
        ("user", plain(url.username())),
        ("password", url.password().map(plain).unwrap_or_default()),
        ("dbname", plain(url.path().trim_start_matches('/'))),
    ];
    for (name, value) in url.query_pairs() {
        let name = match &*name {
            "ssl-mode" => "sslmode",
            "ssl-root-cert" => "sslrootcert",
            "ssl-cert" => "sslcert",
            "ssl-key" => "sslkey",
            name => name,
        };
        if let Some((name, _)) = NAMES.iter().find(|(known, _)| *known == name) {
            all.push((name, value.into_owned()));
        }
    }
    let variable = |(name, value): (&str, String)| {
        let (_, variable) = NAMES.iter().find(|(known, _)| *known == name)?;
        (!value.is_empty()).then_some((*variable, value))
    };
    Ok(all.into_iter().filter_map(variable).collect())
}

/// A program of PostgreSQL that is not older than the server.
async fn program(config: &Config, db: &Db, name: &str) -> Result<Command, Fault> {
    let path = config.pg_bin.as_ref().map_or_else(|| name.into(), |folder| folder.join(name));
    let version = Command::new(&path).arg("--version").stdin(Stdio::null()).output().await;
    let version = version.map_err(|error| {
        Fault::internal(format!(
            "{} cannot be started ({error}): install PostgreSQL's client programs, or say in MINZHENG_PG_BIN where they are",
            path.display()
        ))
    })?;
    let text = String::from_utf8_lossy(&version.stdout).into_owned();
    let number = text.split_whitespace().find_map(|word| word.split('.').next()?.parse::<i64>().ok());
    let server = db.server_version().await? / 10_000;
    if number.is_none_or(|number| number < server) {
        return Err(Fault::internal(format!(
            "{} is too old ({}): the server has version {server}; install its client programs, or say in MINZHENG_PG_BIN \
             where they are",
            path.display(),
            text.trim()
        )));
    }
    Ok(Command::new(path))
}

async fn run(mut command: Command, name: &str) -> Result<(), Fault> {
    let output = command.stdin(Stdio::null()).output().await?;
    if output.status.success() {
        return Ok(());
    }
    Err(Fault::internal(format!("{name}: {}", String::from_utf8_lossy(&output.stderr).trim())))
}

/// Dumps the database as a snapshot shows it.
pub async fn dump(config: &Config, db: &Db, snapshot: &str, to: &Path) -> Result<(), Fault> {
    let mut command = program(config, db, "pg_dump").await?;
    command.envs(environment(db.url())?).args(["--format=custom", "--no-owner", "--no-privileges", "--no-password"]);
    command.arg(format!("--snapshot={snapshot}")).arg("--file").arg(to);
    run(command, "pg_dump").await?;
    // All of it can be read again.
    let mut command = program(config, db, "pg_restore").await?;
    command.arg("--file=/dev/null").arg(to);
    run(command, "pg_restore").await
}

/// Restores a dump into an empty database, all or nothing.
pub async fn restore(config: &Config, db: &Db, from: &Path) -> Result<(), Fault> {
    let mut command = program(config, db, "pg_restore").await?;
    let variables = environment(db.url())?;
    let name = variables.iter().find(|(name, _)| *name == "PGDATABASE").map(|(_, value)| value.clone());
    command.envs(variables).args(["--no-owner", "--no-privileges", "--no-password"]);
    command.args(["--exit-on-error", "--single-transaction"]).arg("--dbname").arg(name.unwrap_or_default()).arg(from);
    run(command, "pg_restore").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_told_by_the_environment() {
        let told =
            environment("postgres://li%40si:p%2Fw@[::1]:5433/min%20zheng?sslmode=require&statement-cache-capacity=9");
        let told: Vec<_> = told.unwrap().into_iter().map(|(name, value)| format!("{name}={value}")).collect();
        let expected = [
            "PGHOST=::1",
            "PGPORT=5433",
            "PGUSER=li@si",
            "PGPASSWORD=p/w",
            "PGDATABASE=min zheng",
            "PGSSLMODE=require",
        ];
        assert_eq!(told, expected);
        let socket = environment("postgres:///m?host=/var/run/postgresql").unwrap();
        assert!(
            socket.contains(&("PGHOST", "/var/run/postgresql".to_owned()))
                && socket.contains(&("PGDATABASE", "m".to_owned()))
        );
    }
}
