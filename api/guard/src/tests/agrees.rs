//! Made-up documents: what the guard counts by memo is what is there when written out, and nothing
//! that can be typed makes it panic.

use super::super::*;
use super::*;

/// A small generator, the same on every machine.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % n
    }
}

const FRAGMENTS: usize = 5;

/// A selection set on a person, which spreads only fragments from `next` on.
fn selections(dice: &mut Dice, depth: usize, next: usize) -> String {
    let mut set = String::from("{__typename ");
    for _ in 0..dice.below(3) {
        let part = match dice.below(5) {
            0 => "id ".to_owned(),
            1 if next < FRAGMENTS => format!("...F{} ", next + dice.below(FRAGMENTS - next)),
            2 if depth > 0 => format!("...on Person{} ", selections(dice, depth - 1, next)),
            3 if depth > 0 => {
                let page = 1 + dice.below(3);
                let inner = selections(dice, depth - 1, next);
                format!("friends{page}:friends(first:{page}){{nodes{inner} edges{{node{inner}}}}} ")
            }
            _ => "tags{name} ".to_owned(),
        };
        set.push_str(&part);
    }
    set + "}"
}

#[test]
fn the_memo_agrees_with_writing_out() {
    let sdl = SDL.replace(
        "type Person implements Node {",
        "type Person implements Node { friends(first: Int): PersonConnection!",
    );
    let limits = Limits { fields: u64::MAX, cost: u64::MAX, depth: u64::MAX, aliases: u64::MAX, ..Limits::default() };
    let guard = Guard::new(limits, SdlTable::new(&sdl, []).unwrap());
    let count = |text: &str| {
        let cost = guard.check(text, None, &Variables::default()).unwrap().cost();
        (cost.fields, cost.depth, cost.requested)
    };
    let mut dice = Dice(2023);
    let mut largest = 0;
    for _ in 0..300 {
        let bodies: Vec<_> = (0..FRAGMENTS).map(|n| selections(&mut dice, 2, n + 1)).collect();
        let root = selections(&mut dice, 3, 0);
        let document = |root: &str| format!("{{persons(first:7){{nodes{root}}}}}");
        let mut spread = document(&root);
        let mut written = spread.clone();
        for (n, body) in bodies.iter().enumerate() {
            spread += &[" fragment F", &n.to_string(), " on Person", body].concat();
            written = written.replace(&format!("...F{n} "), &format!("...on Person{body} "));
        }
        let counted = count(&spread);
        assert_eq!(counted, count(&written), "{spread}");
        largest = counted.0.max(largest);
    }
    assert!(largest > 100, "the documents are worth counting: {largest}");
}

#[test]
fn nothing_typed_makes_it_panic() {
    const PARTS: [&str; 40] = [
        "{",
        "}",
        "(",
        ")",
        "[",
        "]",
        ":",
        "=",
        "!",
        "|",
        "$",
        "@",
        "&",
        "...",
        " ",
        ",",
        "\n",
        "\r",
        "#",
        "\"",
        "\"\"\"",
        "\\",
        "\\\"\"\"",
        "query ",
        "mutation ",
        "fragment f on Query",
        "...f",
        "on ",
        "persons",
        "nodes",
        "first:",
        "$n",
        "100",
        "-1.5e9",
        "1e999",
        "null",
        "true",
        "\u{feff}",
        "民",
        "\u{0}",
    ];
    let guard = guard();
    let variables = Variables::from_json(json!({ "n": 100, "f": { "a": [null, "x", 1.5] } }));
    let mut dice = Dice(6);
    for _ in 0..20_000 {
        let length = 1 + dice.below(40);
        let text: String = (0..length).map(|_| PARTS[dice.below(PARTS.len())]).collect();
        let name = (dice.below(2) == 0).then_some("f");
        let _ = guard.check(&text, name, &variables);
        let _ = Params::from_json(text.as_bytes(), guard.limits());
        let _ = Params::from_query_string(&text, guard.limits());
        let _ = super::super::http::negotiate(Some(&text));
    }
}
