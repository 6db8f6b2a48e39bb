//! Personal fields (design §3.9): what is personal in a table is personal in the schema.

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    /// The checked-in list of all columns: (aggregate, column) → kind or reason; `*` stands for every aggregate.
    fn listed() -> BTreeMap<(String, String), &'static str> {
        let mut all = BTreeMap::new();
        let lines = include_str!("../../../entity/columns.txt").lines();
        for line in lines.filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            let parts: Vec<&str> = line.split('|').map(str::trim).collect();
            let [aggregate, columns, why] = parts.as_slice() else { panic!("{line}") };
            assert!(why.len() > 1, "{line}: a kind or a reason");
            for column in columns.split_whitespace() {
                assert!(
                    all.insert(((*aggregate).to_owned(), column.to_owned()), *why).is_none(),
                    "{aggregate}.{column} twice"
                );
            }
        }
        all
    }

    #[test]
    fn every_column_is_personal_or_says_why_it_is_not() {
        let mut listed = listed();
        for table in crate::catalogue::tables() {
            let name = table.name();
            for (column, kind) in table.columns() {
                let own = listed.remove(&(name.to_owned(), column.clone()));
                let why = own.or_else(|| listed.get(&("*".to_owned(), column.clone())).copied());
                let why = why.unwrap_or_else(|| panic!("{name}.{column} stands in no list: is it personal?"));
                assert_eq!(kind.map(entity::Personal::code), is_kind(why).then_some(why), "{name}.{column}");
            }
        }
        listed.retain(|(of, _), _| of != "*");
        assert!(listed.is_empty(), "of no table: {listed:?}");
    }

    fn is_kind(word: &str) -> bool {
        ["NAME", "ID", "PHONE", "BANK", "ADDRESS", "BIRTH", "HEALTH", "CHILD", "CASE", "BELIEF"].contains(&word)
    }

    /// The fields of the schema's types with their `@personal` kind.
    fn fields() -> BTreeMap<(String, String), Option<String>> {
        let sdl = crate::schema::sdl();
        let (mut of, mut found) = (String::new(), BTreeMap::new());
        for line in sdl.lines() {
            if let Some(rest) = line.strip_prefix("type ") {
                of = rest.split([' ', '{']).next().unwrap_or_default().to_owned();
            } else if line == "}" {
                of.clear();
            } else if let Some((name, _)) = line.trim().split_once([':', '(']).filter(|_| !of.is_empty()) {
                let kind = line.split("@personal(kind: ").nth(1).and_then(|rest| rest.split(')').next());
                let is_name = name.chars().all(char::is_alphanumeric);
                if line.starts_with('\t') && is_name {
                    found.insert((of.clone(), name.to_owned()), kind.map(str::to_owned));
                }
            }
        }
        found
    }

    /// Columns as the schema names them.
    fn field_of(column: &str) -> String {
        match column {
            "monthly_fen" => "monthlyAmount".to_owned(),
            other => minzheng_ground::builder::camel(other),
        }
    }

    #[test]
    fn what_is_personal_in_a_table_is_personal_in_the_schema_and_the_other_way_round() {
        let mut marked = fields();
        assert!(marked.len() > 300, "{}", marked.len());
        for table in crate::catalogue::tables() {
            for (column, kind) in table.columns() {
                if let Some(of) = marked.remove(&(table.name().to_owned(), field_of(&column))) {
                    let kind = kind.map(|kind| kind.code().to_owned());
                    assert_eq!(of, kind, "{}.{column}", table.name());
                }
            }
        }
        let left: Vec<_> = marked.into_iter().filter(|(_, kind)| kind.is_some()).map(|(field, _)| field).collect();
        assert_eq!(left, [("Person".to_owned(), "conditions".to_owned())], "personal, of no personal column");
    }
}
