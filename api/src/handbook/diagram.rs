//! Machines as pictures: the lines `from --> to: label` of a page, drawn from above to below. Few states and few lines:
//! each row holds what is as far from the beginning; what skips a row goes round it on the right, what leads back on the
//! left.

use std::fmt::Write as _;

/// Height of a row.
const ROW: i32 = 96;
/// Half of a box's height.
const HALF: i32 = 18;
/// Space between boxes of one row.
const GAP: i32 = 90;
/// How far lines go round.
const ROUND: i32 = 56;

/// A state in its place; the first is the beginning.
struct Node<'a> {
    name: &'a str,
    row: i32,
    x: i32,
}

impl Node<'_> {
    fn y(&self) -> i32 {
        24 + self.row * ROW
    }

    /// Half of its width.
    fn half(&self) -> i32 {
        if self.name == BEGINNING { 7 } else { width(self.name) / 2 + 16 }
    }

    /// Half of its height.
    fn tall(&self) -> i32 {
        if self.name == BEGINNING { 7 } else { HALF }
    }
}

const BEGINNING: &str = "[*]";

/// How wide a text is drawn, about.
fn width(text: &str) -> i32 {
    text.chars().map(|sign| if sign.is_ascii() { 9 } else { 15 }).sum()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What a line leads from and to, with all that is said of it.
fn lines(source: &str) -> Vec<(&str, &str, Vec<&str>)> {
    let mut lines: Vec<(&str, &str, Vec<&str>)> = Vec::new();
    for line in source.lines() {
        let Some((from, rest)) = line.split_once(" --> ") else { continue };
        let (to, label) = rest.split_once(": ").unwrap_or((rest, ""));
        let (from, to) = (from.trim(), to.trim());
        match lines.iter_mut().find(|(a, b, _)| (*a, *b) == (from, to)) {
            Some((.., labels)) => labels.push(label),
            None => lines.push((from, to, vec![label])),
        }
    }
    lines
}

/// The states in their places: a line leads to a lower row, unless to a state that was named before.
fn places<'a>(lines: &[(&'a str, &'a str, Vec<&str>)]) -> Vec<Node<'a>> {
    let mut nodes: Vec<Node<'a>> = Vec::new();
    for name in lines.iter().flat_map(|(from, to, _)| [*from, *to]) {
        if !nodes.iter().any(|node| node.name == name) {
            nodes.push(Node { name, row: 0, x: 0 });
        }
    }
    for at in 0..nodes.len() {
        let Some((name, row)) = nodes.get(at).map(|node| (node.name, node.row)) else { continue };
        for (_, to, _) in lines.iter().filter(|(from, ..)| *from == name) {
            if let Some(below) = nodes.iter_mut().skip(at + 1).find(|node| node.name == *to) {
                below.row = below.row.max(row + 1);
            }
        }
    }
    let last = nodes.iter().map(|node| node.row).max().unwrap_or_default();
    for row in 0..=last {
        let all: i32 = nodes.iter().filter(|node| node.row == row).map(|node| node.half() * 2 + GAP).sum();
        let mut left = -(all - GAP) / 2;
        for node in nodes.iter_mut().filter(|node| node.row == row) {
            node.x = left + node.half();
            left += node.half() * 2 + GAP;
        }
    }
    nodes
}

/// The picture as SVG, to stand within a page.
pub fn svg(source: &str) -> String {
    let lines = lines(source);
    let nodes = places(&lines);
    let mut body = String::new();
    let (mut left, mut right) = (0, 0);
    let mut label = |x: i32, y: i32, side: &str, text: &str| {
        let wide = width(text);
        let from = match side {
            "start" => x,
            "end" => x - wide,
            _ => x - wide / 2,
        };
        left = left.min(from);
        right = right.max(from + wide);
        let _ = write!(body, "<text x=\"{x}\" y=\"{y}\" text-anchor=\"{side}\">{}</text>", escaped(text));
    };
    let mut paths = String::new();
    for (from, to, labels) in &lines {
        let find = |name: &str| nodes.iter().find(|node| node.name == name);
        let (Some(a), Some(b)) = (find(from), find(to)) else { continue };
        // One below the other, so that a long list of commands stays narrow.
        let mut say = |x: i32, middle: i32, side: &str| {
            let first = middle + 5 - 9 * i32::try_from(labels.len().saturating_sub(1)).unwrap_or_default();
            (first..).step_by(18).zip(labels).for_each(|(y, text)| label(x, y, side, text));
        };
        let curve = match b.row - a.row {
            0 => {
                let (x, y) = (a.x + a.half(), a.y());
                say(x + 50, y, "start");
                format!("M{x},{} c56,-8 56,24 0,16", y - 8)
            }
            1 => {
                say(i32::midpoint(a.x, b.x), i32::midpoint(a.y(), b.y()), "middle");
                format!("M{},{} L{},{}", a.x, a.y() + a.tall(), b.x, b.y() - b.tall())
            }
            rows => {
                let side = if rows < 0 { -1 } else { 1 };
                let (from, to) = (a.x + side * a.half(), b.x + side * b.half());
                let out = side * (side * from).max(side * to) + side * ROUND * rows.abs().min(2);
                say(out - side * 8, i32::midpoint(a.y(), b.y()), if side < 0 { "end" } else { "start" });
                format!("M{from},{} C{out},{} {out},{} {to},{}", a.y(), a.y(), b.y(), b.y())
            }
        };
        let _ = write!(paths, "<path d=\"{curve}\" marker-end=\"url(#arrow)\"/>");
    }
    let mut boxes = String::new();
    for node in &nodes {
        let (x, y, half) = (node.x, node.y(), node.half());
        left = left.min(x - half);
        right = right.max(x + half);
        let _ = if node.name == BEGINNING {
            write!(boxes, "<circle cx=\"{x}\" cy=\"{y}\" r=\"7\"/>")
        } else {
            write!(
                boxes,
                "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"8\"/>\
                 <text x=\"{x}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
                x - half,
                y - HALF,
                half * 2,
                HALF * 2,
                y + 5,
                escaped(node.name)
            )
        };
    }
    let wide = right - left + 24;
    let tall = nodes.iter().map(Node::y).max().unwrap_or_default() + HALF + 8;
    format!(
        "<svg class=\"flow\" role=\"img\" viewBox=\"{} 0 {wide} {tall}\" width=\"{wide}\" height=\"{tall}\">\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" \
         orient=\"auto\"><path d=\"M0,0 L8,4 L0,8 z\"/></marker></defs>{paths}{boxes}{body}</svg>",
        left - 12
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const SOURCE: &str = "stateDiagram-v2\n    [*] --> 甲: 起\n    甲 --> 乙: 进\n    甲 --> 丙: 跳\n    乙 --> 丙: 再\n    \
                          乙 --> 甲: 退\n    甲 --> 甲: 改\n    甲 --> 甲: 再改";

    #[test]
    fn states_stand_below_those_that_lead_to_them() {
        let lines = lines(SOURCE);
        assert_eq!(lines.len(), 6, "two commands between the same states are one line");
        let rows: Vec<(&str, i32)> = places(&lines).iter().map(|node| (node.name, node.row)).collect();
        assert_eq!(rows, [("[*]", 0), ("甲", 1), ("乙", 2), ("丙", 3)]);
    }

    #[test]
    fn everything_is_drawn_within_the_picture() {
        let drawn = svg(SOURCE);
        for text in ["甲", "乙", "丙", "起", "进", "跳", "再", "退", "改", "再改"] {
            assert!(drawn.contains(&format!(">{text}</text>")), "{text}: {drawn}");
        }
        assert_eq!((drawn.matches("<rect ").count(), drawn.matches("marker-end").count()), (3, 6));
        let box_of: Vec<i32> = drawn
            .split("viewBox=\"")
            .nth(1)
            .and_then(|rest| rest.split('"').next())
            .map(|numbers| numbers.split(' ').map(|number| number.parse().unwrap()).collect())
            .unwrap();
        for part in drawn.split("<text x=\"").skip(1) {
            let x: i32 = part.split('"').next().unwrap().parse().unwrap();
            assert!((box_of[0]..box_of[0] + box_of[2]).contains(&x), "{x} {box_of:?}");
        }
        assert!(svg("[*] --> A<b: \"&").contains("A&lt;b") && svg("").starts_with("<svg"));
    }
}
