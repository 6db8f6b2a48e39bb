//! A report as a Word document in the layout of GB/T 9704-2012: A4, type area 156 × 225 mm, 22 lines of 28 characters,
//! title in 2号小标宋, text in 3号仿宋, headings in 黑体 and 楷体, page numbers — 1 — on the outer side. Fonts are named
//! and not shipped. The few parts of the file are written by hand, since the document grid, East Asian indents and the
//! two footers are most of it.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use minzheng_kernel::Fault;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::report::compose::Content;
use crate::report::document::{COLUMNS, DRAFT, TABLE, note, revised, table};
use crate::report::template::TEXT;
use crate::report::words::day;

// 28 characters of 16 pt are a little wider than 156 mm. Word squeezes them into the grid, LibreOffice gives each two
// cells of it; so the grid is told, and the text keeps it by itself: exact lines, characters a quarter point closer.

/// Lines of 28.95 pt, in twentieths of a point: 22 of them fill 225 mm.
const LINE: u32 = 579;

/// Width of a character of the text, 16 pt.
const CHARACTER: usize = 320;

/// Widths of the columns of the table: 156 mm.
const WIDTHS: [u32; 5] = [2964, 900, 1780, 1600, 1600];

/// 小标宋, and what may stand for it.
const TITLE_FONT: &str = "方正小标宋简体";
const TEXT_FONT: &str = "仿宋_GB2312";
const KAI: &str = "楷体_GB2312";
const HEI: &str = "黑体";

/// Fonts by name, with what may stand for them where they are not installed.
const FONTS: &[(&str, &str)] = &[
    (TITLE_FONT, "方正小标宋_GBK,FZXiaoBiaoSong-B05S,华文中宋,STZhongsong,宋体"),
    (TEXT_FONT, "仿宋,FangSong,FangSong_GB2312,华文仿宋,STFangsong"),
    (KAI, "楷体,KaiTi,KaiTi_GB2312,华文楷体,STKaiti"),
    (HEI, "SimHei,华文黑体,STHeiti"),
    ("宋体", "SimSun,华文宋体,STSong"),
    ("Times New Roman", "Liberation Serif"),
];

const NAMES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// The document; the same content gives the same bytes.
pub fn docx(content: &Content) -> Result<Vec<u8>, Fault> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, part) in [
        ("[Content_Types].xml", types()),
        ("_rels/.rels", relations()),
        ("docProps/core.xml", properties(content)),
        ("word/document.xml", document(content)),
        ("word/_rels/document.xml.rels", document_relations()),
        ("word/styles.xml", styles()),
        ("word/settings.xml", settings()),
        ("word/fontTable.xml", fonts()),
        ("word/footer1.xml", footer("right")),
        ("word/footer2.xml", footer("left")),
    ] {
        zip.start_file(name, SimpleFileOptions::default()).map_err(Fault::internal)?;
        zip.write_all(HEAD.as_bytes())?;
        zip.write_all(part.as_bytes())?;
    }
    Ok(zip.finish().map_err(Fault::internal)?.into_inner())
}

fn xml(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn types() -> String {
    let part = |name: &str, of: &str| {
        format!(
            "<Override PartName=\"/word/{name}.xml\" \
             ContentType=\"application/vnd.openxmlformats-officedocument.wordprocessingml.{of}+xml\"/>"
        )
    };
    let parts = [
        ("document", "document.main"),
        ("styles", "styles"),
        ("settings", "settings"),
        ("fontTable", "fontTable"),
        ("footer1", "footer"),
        ("footer2", "footer"),
    ];
    format!(
        "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
         <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
         <Default Extension=\"xml\" ContentType=\"application/xml\"/>{}<Override PartName=\"/docProps/core.xml\" \
         ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/></Types>",
        parts.map(|(name, of)| part(name, of)).concat()
    )
}

const RELATIONS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";

fn relations() -> String {
    format!(
        "{RELATIONS}<Relationship Id=\"rId1\" Target=\"word/document.xml\" \
         Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\"/>\
         <Relationship Id=\"rId2\" Target=\"docProps/core.xml\" \
         Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\"/>\
         </Relationships>"
    )
}

fn document_relations() -> String {
    let one = |(number, (name, of)): (usize, &(&str, &str))| {
        format!(
            "<Relationship Id=\"rId{}\" Target=\"{name}.xml\" \
             Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/{of}\"/>",
            number + 1
        )
    };
    let parts = [
        ("styles", "styles"),
        ("settings", "settings"),
        ("fontTable", "fontTable"),
        ("footer1", "footer"),
        ("footer2", "footer"),
    ];
    format!("{RELATIONS}{}</Relationships>", parts.iter().enumerate().map(one).collect::<String>())
}

fn properties(content: &Content) -> String {
    let at = content.as_of.format("%Y-%m-%dT%H:%M:%SZ");
    format!(
        "<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{}</dc:title><dc:creator>{}</dc:creator>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{at}</dcterms:created></cp:coreProperties>",
        xml(content.title()),
        xml(&content.bureau())
    )
}

/// Fonts and size (in half points) of a run.
fn run_of(font: &str, half_points: u32) -> String {
    format!(
        "<w:rFonts w:ascii=\"Times New Roman\" w:hAnsi=\"Times New Roman\" w:eastAsia=\"{font}\" \
         w:cs=\"Times New Roman\"/><w:sz w:val=\"{half_points}\"/><w:szCs w:val=\"{half_points}\"/>"
    )
}

fn style(id: &str, name: &str, paragraph: &str, run: &str) -> String {
    format!(
        "<w:style w:type=\"paragraph\" w:styleId=\"{id}\"><w:name w:val=\"{name}\"/><w:basedOn w:val=\"Normal\"/>\
         <w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )
}

/// On one page with the next.
const KEEP: &str = "<w:keepNext/>";

const INDENT: &str = "<w:ind w:firstLineChars=\"200\" w:firstLine=\"640\"/>";

fn styles() -> String {
    let cell = "<w:snapToGrid w:val=\"0\"/><w:spacing w:line=\"400\" w:lineRule=\"exact\"/>";
    let all = [
        style(
            "Title",
            "Title",
            "<w:keepNext/><w:spacing w:before=\"579\" w:after=\"579\" w:line=\"660\" w:lineRule=\"exact\"/>\
             <w:jc w:val=\"center\"/>",
            &run_of(TITLE_FONT, 44),
        ),
        style("Heading1", "heading 1", &format!("<w:keepNext/>{INDENT}<w:outlineLvl w:val=\"0\"/>"), &run_of(HEI, 32)),
        style("Heading2", "heading 2", &format!("<w:keepNext/>{INDENT}<w:outlineLvl w:val=\"1\"/>"), &run_of(KAI, 32)),
        style("BodyText", "Body Text", INDENT, ""),
        style("Mark", "Mark", "", &run_of(HEI, 32)),
        style("Signature", "Signature", "<w:keepNext/><w:keepLines/><w:jc w:val=\"right\"/>", ""),
        style("Footer", "footer", "<w:snapToGrid w:val=\"0\"/><w:spacing w:line=\"280\" w:lineRule=\"exact\"/>", ""),
        style("Cell", "Cell", cell, &run_of(TEXT_FONT, 24)),
        style("CellHead", "Cell Head", &format!("{cell}<w:jc w:val=\"center\"/>"), &run_of(HEI, 24)),
    ];
    format!(
        "<w:styles {NAMES}><w:docDefaults><w:rPrDefault><w:rPr>{}<w:lang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:rPr>\
         </w:rPrDefault><w:pPrDefault/></w:docDefaults>\
         <w:style w:type=\"paragraph\" w:default=\"1\" w:styleId=\"Normal\"><w:name w:val=\"Normal\"/><w:qFormat/>\
         <w:pPr><w:widowControl w:val=\"0\"/><w:autoSpaceDE w:val=\"0\"/><w:autoSpaceDN w:val=\"0\"/>\
         <w:snapToGrid w:val=\"0\"/><w:spacing w:line=\"{LINE}\" w:lineRule=\"exact\"/><w:jc w:val=\"both\"/></w:pPr>\
         <w:rPr>{}</w:rPr></w:style>{}</w:styles>",
        run_of(TEXT_FONT, 32),
        // The grid is counted in characters of this style. 28 of them are a little narrower than the line: where they fill
        // it to the last point, LibreOffice loses a comma that stands at its end.
        run_of(TEXT_FONT, 32).replace("<w:sz ", "<w:spacing w:val=\"-6\"/><w:sz "),
        all.concat()
    )
}

fn settings() -> String {
    format!(
        "<w:settings {NAMES}><w:zoom w:percent=\"100\"/><w:defaultTabStop w:val=\"420\"/><w:evenAndOddHeaders/>\
         <w:drawingGridVerticalSpacing w:val=\"{LINE}\"/><w:characterSpacingControl w:val=\"compressPunctuation\"/>\
         <w:compat><w:useFELayout/><w:compatSetting w:name=\"compatibilityMode\" \
         w:uri=\"http://schemas.microsoft.com/office/word\" w:val=\"15\"/></w:compat>\
         <w:themeFontLang w:val=\"en-US\" w:eastAsia=\"zh-CN\"/></w:settings>"
    )
}

fn fonts() -> String {
    let one = |(name, others): &(&str, &str)| {
        let (charset, family) = if *name == "Times New Roman" { ("00", "roman") } else { ("86", "auto") };
        format!(
            "<w:font w:name=\"{name}\"><w:altName w:val=\"{others}\"/><w:charset w:val=\"{charset}\"/>\
             <w:family w:val=\"{family}\"/></w:font>"
        )
    };
    format!("<w:fonts {NAMES}>{}</w:fonts>", FONTS.iter().map(one).collect::<String>())
}

/// — 1 — in 4号宋体, one character from the outer edge.
fn footer(side: &str) -> String {
    let run = "<w:rPr><w:rFonts w:ascii=\"宋体\" w:hAnsi=\"宋体\" w:eastAsia=\"宋体\" w:cs=\"宋体\"/><w:sz w:val=\"28\"/>\
               <w:szCs w:val=\"28\"/></w:rPr>";
    let sign = |kind: &str| format!("<w:r>{run}<w:fldChar w:fldCharType=\"{kind}\"/></w:r>");
    let text = |text: &str| format!("<w:r>{run}<w:t xml:space=\"preserve\">{text}</w:t></w:r>");
    format!(
        "<w:ftr {NAMES}><w:p><w:pPr><w:pStyle w:val=\"Footer\"/><w:ind w:{side}Chars=\"100\" w:{side}=\"320\"/>\
         <w:jc w:val=\"{side}\"/></w:pPr>{}{}<w:r>{run}<w:instrText xml:space=\"preserve\"> PAGE </w:instrText></w:r>{}\
         {}{}{}</w:p></w:ftr>",
        text("— "),
        sign("begin"),
        sign("separate"),
        text("1"),
        sign("end"),
        text(" —")
    )
}

/// A paragraph in a style, with more of its own and runs.
fn paragraph(style: &str, own: &str, runs: &str) -> String {
    format!("<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{own}</w:pPr>{runs}</w:p>")
}

fn run(text: &str) -> String {
    format!("<w:r><w:t xml:space=\"preserve\">{}</w:t></w:r>", xml(text))
}

fn bold(text: &str) -> String {
    format!("<w:r><w:rPr><w:b/><w:bCs/></w:rPr><w:t xml:space=\"preserve\">{}</w:t></w:r>", xml(text))
}

/// How wide a text is, in halves of a character.
fn width(text: &str) -> usize {
    text.chars().map(|sign| if sign.is_ascii() { 1 } else { 2 }).sum()
}

/// Bureau and date: the date four characters from the right, the bureau centred over it; a longer bureau stands two
/// characters from the right and the date is centred below.
fn signature(content: &Content) -> String {
    let date = content.published_on.map_or_else(|| format!("（{DRAFT}）"), day);
    let (bureau_width, date_width) = (width(&content.bureau()), width(&date));
    let (bureau, below) = if bureau_width <= date_width + 8 {
        ((8 + date_width / 2).saturating_sub(bureau_width / 2), 8)
    } else {
        (4, 4 + (bureau_width - date_width) / 2)
    };
    let right =
        |halves: usize| format!("<w:ind w:rightChars=\"{}\" w:right=\"{}\"/>", halves * 50, halves * CHARACTER / 2);
    [
        paragraph("Signature", "", ""),
        paragraph("Signature", &right(bureau), &run(&content.bureau())),
        paragraph("Signature", &format!("<w:keepNext w:val=\"0\"/>{}", right(below)), &run(&date)),
    ]
    .concat()
}

fn figures(content: &Content) -> String {
    let cell = |width: u32, style: &str, side: &str, text: &str| {
        let side = format!("<w:jc w:val=\"{side}\"/>");
        format!(
            "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/><w:vAlign w:val=\"center\"/></w:tcPr>{}</w:tc>",
            paragraph(style, &side, &run(text))
        )
    };
    let border = |side: &str| format!("<w:{side} w:val=\"single\" w:sz=\"4\" w:space=\"0\" w:color=\"auto\"/>");
    let mut text = format!(
        "<w:tbl><w:tblPr><w:tblW w:w=\"{}\" w:type=\"dxa\"/><w:jc w:val=\"center\"/><w:tblBorders>{}</w:tblBorders>\
         <w:tblLayout w:type=\"fixed\"/><w:tblCellMar><w:left w:w=\"85\" w:type=\"dxa\"/>\
         <w:right w:w=\"85\" w:type=\"dxa\"/></w:tblCellMar></w:tblPr><w:tblGrid>{}</w:tblGrid>",
        WIDTHS.iter().sum::<u32>(),
        ["top", "left", "bottom", "right", "insideH", "insideV"].map(border).concat(),
        WIDTHS.map(|width| format!("<w:gridCol w:w=\"{width}\"/>")).concat()
    );
    let heads: String = WIDTHS.iter().zip(COLUMNS).map(|(w, head)| cell(*w, "CellHead", "center", head)).collect();
    let _ = write!(text, "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>{heads}</w:tr>");
    for row in table(content) {
        let sides = ["left", "center", "right", "right", "right"];
        let cells: String =
            WIDTHS.iter().zip(sides).zip(&row).map(|((w, side), of)| cell(*w, "Cell", side, of)).collect();
        let _ = write!(text, "<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>");
    }
    text.push_str("</w:tbl>");
    text
}

fn document(content: &Content) -> String {
    let mut body = String::new();
    if content.is_draft() {
        body.push_str(&paragraph("Mark", "", &run(DRAFT)));
    }
    body.push_str(&paragraph("Title", "", &run(content.title())));
    let shown = content.shown();
    for (at, (number, one)) in shown.iter().enumerate() {
        // Bureau and date do not stand on a page by themselves.
        let own = if at + 1 == shown.len() { KEEP } else { "" };
        body.push_str(&match (one.level, &one.lead) {
            (TEXT, Some(lead)) => paragraph("BodyText", own, &format!("{}{}", bold(lead), run(&one.text))),
            (TEXT, None) => paragraph("BodyText", own, &run(&one.text)),
            (1, _) => paragraph("Heading1", "", &run(&format!("{number}{}", one.text))),
            _ => paragraph("Heading2", "", &run(&format!("{number}{}", one.text))),
        });
    }
    if let Some(text) = revised(content) {
        body.push_str(&paragraph("BodyText", KEEP, &run(&text)));
    }
    body.push_str(&paragraph("BodyText", KEEP, ""));
    body.push_str(&paragraph("BodyText", KEEP, &run(TABLE)));
    body.push_str(&signature(content));
    let (attached, title) = TABLE.split_once('：').unwrap_or(("", TABLE));
    body.push_str(&paragraph("Mark", "<w:pageBreakBefore/>", &run(attached)));
    body.push_str(&paragraph("Title", "", &run(title)));
    body.push_str(&figures(content));
    body.push_str(&paragraph("Cell", "<w:jc w:val=\"left\"/>", &run(&note(content))));
    // Margins: 37 mm above, 28 mm left; the type area leaves 26 mm right and 35 mm below. The number of the page stands
    // 7 mm below it.
    format!(
        "<w:document {NAMES}><w:body>{body}<w:sectPr><w:footerReference w:type=\"default\" r:id=\"rId4\"/>\
         <w:footerReference w:type=\"even\" r:id=\"rId5\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"2098\" w:right=\"1474\" w:bottom=\"1984\" w:left=\"1588\" w:header=\"851\" w:footer=\"1304\" \
         w:gutter=\"0\"/><w:docGrid w:type=\"linesAndChars\" w:linePitch=\"{LINE}\" w:charSpace=\"-849\"/></w:sectPr>\
         </w:body></w:document>"
    )
}
