//! Documents that hurt by themselves.

use std::iter::repeat_n;

use super::{Hostile, document, each, fan_out, nested, running_a, with};

pub(super) fn nesting() -> Vec<Hostile> {
    let value = |times| format!("{{a(x:{})}}", nested("[", "1", "]", times));
    vec![
        document("2,000 lists in lists", value(2_000)),
        document("49,000 lists in lists", value(49_000)),
        document("100,000 lists in lists", value(100_000)),
        document("objects in objects", format!("{{a(x:{})}}", nested("{b:", "1", "}", 5_000))),
        document("selections in selections", nested("{a", "{b}", "}", 5_000)),
        document("inline fragments in inline fragments", nested("{...", "{a}", "}", 5_000)),
        document("brackets never closed", "{a(x:".to_owned() + &"[".repeat(90_000)),
        document("brackets never opened", "]".repeat(90_000)),
        document("braces alone", "{".repeat(90_000)),
        document("deep type of a variable", format!("query($v:{}){{a}}", nested("[", "Int", "]", 2_000))),
        document("deep default", format!("query($v:Int={}){{a}}", nested("[", "1", "]", 2_000))),
        document("deep argument of a directive", format!("{{a @skip(if:{})}}", nested("[", "1", "]", 2_000))),
        document(
            "deep in a fragment",
            format!("{{a}} fragment f on Query @x(y:{}){{a}}", nested("[", "1", "]", 2_000)),
        ),
        running_a(
            "deep in an operation not run",
            format!("query A{{a}} query B{{a(x:{})}}", nested("{b:[", "1", "]}", 2_000)),
        ),
    ]
}

pub(super) fn lexical() -> Vec<Hostile> {
    let deep = nested("[", "1", "]", 2_000);
    vec![
        document("block string whose escaped quotes hide depth", format!(r#"{{a(x:["""\""" """ {deep}])}}"#)),
        document("block string ended by four quotes", format!(r#"{{a(x:["""\\"""" "{deep}])}}"#)),
        document("string that seems to escape its end", format!(r#"{{a(x:["\\" {deep} "\\"])}}"#)),
        document("comment that hides closing brackets", format!("{{a(x:{}", "[ # ]\n".repeat(2_000))),
        document("comment ended by a carriage return", format!("{{a # \" \r (x:{deep})}}")),
        document("byte order mark before depth", format!("\u{feff}{{a(x:{deep})}}")),
        document("string without end", format!("{{a(x:\"{}", "a".repeat(50_000))),
        document("string with a line break", "{a(x:\"a\n\")}"),
        document("block string without end", format!("{{a(x:\"\"\"{}", "\\\"\"\"".repeat(10_000))),
        document("NUL", "{\0a\0}"),
        document("NUL written out", r#"{divisions(where:{name:{eq:"a\u0000"}}){nodes{name}}}"#),
        document("nothing", ""),
        document("comments only", "#\n".repeat(40_000)),
        document("wide characters", "{a（x：［".to_owned() + &"［".repeat(30_000)),
        document("name of 90 kB", format!("{{{}}}", "a".repeat(90_000))),
        document("number of 90,000 digits", format!("{{a(x:{})}}", "9".repeat(90_000))),
        document("numbers without space between", format!("{{a(x:[{}])}}", "-1".repeat(40_000))),
        document("float beyond all floats", "{a(x:1e999)}"),
        document("lone surrogate", r#"{a(x:"\ud800")}"#),
        document("200 kB of white space", format!("{{{}a}}", " ".repeat(200_000))),
        document("tokens", format!("{{{}}}", "a ".repeat(40_000))),
    ]
}

pub(super) fn fragments() -> Vec<Hostile> {
    let chain = |steps| fan_out(steps, 1, "__typename");
    vec![
        document("fan-out of 24 steps", fan_out(24, 2, "__typename")),
        document("fan-out of 1,000 steps", fan_out(1_000, 2, "__typename")),
        document("fan-out ten wide", fan_out(25, 10, "a b c")),
        running_a("fan-out in an operation not run", format!("query A{{__typename}} query B{}", fan_out(24, 2, "a"))),
        document("fan-out nobody spreads", format!("{{a}} {}", fan_out(24, 2, "a").replacen("{...f0}", "", 1))),
        document("fan-out of a fragment there is not", fan_out(24, 2, "...nothing")),
        document("chain of 1,000", chain(1_000)),
        document("chain of 40", chain(40)),
        document("chain of nested fields", {
            let links =
                each(10, |n| format!("fragment f{n} on Q{} ", nested("{a", &format!("{{...f{}}}", n + 1), "}", 10)));
            format!("{{...f0}} {links} fragment f10 on Q{{a}}")
        }),
        document("fragment in itself", "{...f} fragment f on Query{a ...f}"),
        document("two fragments in each other", "{...f} fragment f on Query{...g} fragment g on Query{...f}"),
        document("cycle below fields", "{...f} fragment f on Query{a{...g}} fragment g on A{b{... on B{...f}}}"),
        document("cycle of 200", fan_out(200, 1, "...f0")),
        document("cycle nobody spreads", "{a} fragment f on Query{...f}"),
        document("fragment twice", "{...f} fragment f on Query{a} fragment f on Query{b}"),
    ]
}

pub(super) fn floods() -> Vec<Hostile> {
    let arguments = |count| each(count, |n| format!("x{n}:1 "));
    vec![
        document("aliases", format!("{{{}}}", each(2_000, |n| format!("a{n}:__typename ")))),
        document(
            "aliases in a fragment",
            format!("{{a{{...f}}}} fragment f on A{{{}}}", each(500, |n| format!("a{n}:b "))),
        ),
        document("root fields", format!("{{{}}}", each(90, |n| format!("a{n}:viewer{{roles}} ")))),
        document("root fields by fragments", format!("{{{}}} fragment f on Query{{a}}", "...f ".repeat(100))),
        document("one field 5,000 times", format!("{{{}}}", "__typename ".repeat(5_000))),
        document("one field below 2,500 times", format!("{{viewer{{{}}}}}", "roles ".repeat(2_500))),
        document("directives on a field", format!("{{a {}}}", "@include(if:true)".repeat(1_000))),
        document("directives there are not", format!("{{a {}}}", each(3_000, |n| format!("@d{n} ")))),
        document("directives on many fields", format!("{{viewer{{{}}}}}", "roles @skip(if:false) ".repeat(500))),
        document("directives on a variable", format!("query($v:Int {}){{a}}", "@d ".repeat(1_000))),
        document("directives on an operation", format!("query {} {{a}}", "@d ".repeat(1_000))),
        document("arguments", format!("{{a({})}}", arguments(3_000))),
        document("arguments of a directive", format!("{{a @d({})}}", arguments(3_000))),
        document("clashing namesakes", format!("{{viewer{{a({}) {}}}}}", arguments(50), "a ".repeat(1_900))),
        document("variables", format!("query({}){{a}}", each(1_000, |n| format!("$v{n}:Int ")))),
        document("variables with defaults", format!("query({}){{a}}", each(600, |n| format!("$v{n}:A={{a:[1]}} ")))),
        running_a("operations", "query A{a}".to_owned() + &each(400, |n| format!("query A{n}{{viewer{{a b c d e}}}}"))),
        document("operations of one name", "query A{a}".repeat(400)),
        document("anonymous operations", "{a}".repeat(400)),
    ]
}

pub(super) fn pages() -> Vec<Hostile> {
    let three = |page: &str| {
        format!(
            "persons({page}){{nodes{{applications({page}){{edges{{node{{
            notices({page}){{nodes{{id}}}}}}}}}}}}}}"
        )
    };
    let ids = format!(r#"["{}"]"#, repeat_n("a", 10_000).collect::<Vec<_>>().join(r#"",""#));
    vec![
        document("100 × 100 × 100", format!("{{{}}}", three("first:100"))),
        document("100 × 100 × 100 from the end", format!("{{{}}}", three("last:100"))),
        with("100 × 100 × 100 by variable", format!("query($n:Int){{{}}}", three("first:$n")), r#"{"n":100}"#),
        document("100 × 100 × 100 by default", format!("query($n:Int=100){{{}}}", three("first:$n"))),
        with(
            "100 × 100 × 100 over a small default",
            format!("query($n:Int=1){{{}}}", three("first:$n")),
            r#"{"n":100}"#,
        ),
        document("small first, large last", format!("{{{}}}", three("first:1 last:100"))),
        document(
            "100 × 100 × 100 by fragments",
            "
            {persons(first:100){...p}}
            fragment p on PersonConnection{nodes{applications(first:100){...a}}}
            fragment a on ApplicationConnection{edges{node{notices(first:100){... on NoticeConnection{nodes{id}}}}}}",
        ),
        document("page of 1,000", "{persons(first:1000){nodes{id}}}"),
        document("page of 101 in the middle", "{persons(first:1){nodes{applications(first:101){nodes{id}}}}}"),
        with(
            "page beyond all integers",
            "query($n:Int){persons(first:$n){nodes{id}}}",
            r#"{"n":18446744073709551615}"#,
        ),
        document(
            "twenty lists of lists",
            format!(
                "{{{}}}",
                each(20, |n| format!("a{n}:persons(first:100){{nodes{{applications(first:100){{nodes{{id}}}}}}}} "))
            ),
        ),
        with("10,000 keys", "query($ids:[ID!]!){nodes(ids:$ids){id}}", format!(r#"{{"ids":{ids}}}"#)),
        document("400 keys", format!("{{nodes(ids:{}){{id}}}}", serde_json::json!(vec!["a"; 400]))),
    ]
}
