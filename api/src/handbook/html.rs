//! A page as a browser shows it, on a desk, on a phone and on paper: with the list of all pages beside it, machines drawn,
//! and tables whose cells know their heads, so that a narrow screen can set one below the other.

use std::fmt::Write as _;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Options, Parser, Tag, TagEnd, html};

use super::{PAGES, Page, Tongue, diagram};

const STYLE: &str = include_str!("style.css");

/// The page. Its links are relative, so that it can be served under any path.
pub fn page(page: &Page, tongue: Tongue) -> String {
    let mut pages = String::new();
    for other in PAGES {
        let here = if other.name == page.name { " aria-current=\"page\"" } else { "" };
        let title = tongue.pick(other.zh, other.en);
        let _ = write!(pages, "<a href=\"../{}/{}\"{here}>{title}</a>", tongue.code(), other.name);
    }
    let (other, label) = match tongue {
        Tongue::Zh => (Tongue::En, "English"),
        Tongue::En => (Tongue::Zh, "中文"),
    };
    let title = tongue.pick(page.zh, page.en);
    format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width\"><link rel=\"icon\" href=\"../../favicon.ico\"><title>{title} · minzheng</title>\
         <style>{STYLE}</style><nav>{pages}<a href=\"../{}/{}\">{label}</a></nav><main>{}</main></html>",
        tongue.pick("zh-CN", "en"),
        other.code(),
        page.name,
        body(&page.markdown(tongue))
    )
}

/// Markdown as HTML.
fn body(text: &str) -> String {
    let mut heads: Vec<String> = Vec::new();
    let (mut in_head, mut column) = (false, 0);
    let mut drawing: Option<String> = None;
    let events = Parser::new_ext(text, Options::ENABLE_TABLES).flat_map(|event| {
        let raw = |html: String| vec![Event::Html(CowStr::from(html))];
        match event {
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) if &*language == "mermaid" => {
                drawing = Some(String::new());
                Vec::new()
            }
            Event::Text(text) if drawing.is_some() => {
                drawing.get_or_insert_default().push_str(&text);
                Vec::new()
            }
            Event::End(TagEnd::CodeBlock) if drawing.is_some() => {
                raw(diagram::svg(&drawing.take().unwrap_or_default()))
            }
            Event::Start(Tag::Table(_)) => raw("<table>".to_owned()),
            Event::End(TagEnd::Table) => raw("</tbody></table>".to_owned()),
            Event::Start(Tag::TableHead) => {
                heads.clear();
                in_head = true;
                raw("<thead><tr>".to_owned())
            }
            Event::End(TagEnd::TableHead) => {
                in_head = false;
                raw("</tr></thead><tbody>".to_owned())
            }
            Event::Start(Tag::TableRow) => {
                column = 0;
                raw("<tr>".to_owned())
            }
            Event::End(TagEnd::TableRow) => raw("</tr>".to_owned()),
            Event::Start(Tag::TableCell) if in_head => {
                heads.push(String::new());
                raw("<th>".to_owned())
            }
            Event::End(TagEnd::TableCell) if in_head => raw("</th>".to_owned()),
            Event::Start(Tag::TableCell) => {
                let head = heads.get(column).map_or("", String::as_str).replace('&', "&amp;").replace('"', "&quot;");
                column += 1;
                raw(format!("<td data-head=\"{head}\">"))
            }
            Event::End(TagEnd::TableCell) => raw("</td>".to_owned()),
            Event::Text(text) | Event::Code(text) if in_head => {
                heads.last_mut().into_iter().for_each(|head| head.push_str(&text));
                vec![Event::Text(text)]
            }
            other => vec![other],
        }
    });
    let mut body = String::new();
    html::push_html(&mut body, events);
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_know_their_heads() {
        let html = body("| 岗位 | `a\"b` |\n|---|---|\n| 甲 |  |\n| **乙** | `x` |\n");
        assert_eq!(
            html,
            "<table><thead><tr><th>岗位</th><th>a\"b</th></tr></thead><tbody><tr><td data-head=\"岗位\">甲</td>\
             <td data-head=\"a&quot;b\"></td></tr><tr><td data-head=\"岗位\"><strong>乙</strong></td>\
             <td data-head=\"a&quot;b\"><code>x</code></td></tr></tbody></table>"
        );
    }

    #[test]
    fn machines_are_drawn_and_other_code_is_shown() {
        let html = body("```mermaid\n[*] --> A: b\n```\n\n```sh\nls\n```\n");
        assert!(html.contains("<svg ") && !html.contains("--&gt;"), "{html}");
        assert!(html.contains("<pre><code class=\"language-sh\">ls\n</code></pre>"), "{html}");
    }

    #[test]
    fn every_link_is_relative() {
        for one in PAGES {
            for tongue in Tongue::ALL {
                let html = page(one, tongue);
                for part in html.split("href=\"").skip(1).chain(html.split("src=\"").skip(1)) {
                    assert!(!part.starts_with('/'), "{}: {}", one.name, &part[..part.len().min(40)]);
                }
            }
        }
    }
}
