//! Why a whole file cannot be read.

use std::fmt;
use std::io;

use super::Lang;

/// Why a whole file cannot be read, or not further.
#[derive(Debug)]
pub enum SheetError {
    /// The file could not be opened or read.
    Io(io::Error),
    /// The file has no content.
    Empty,
    /// Neither CSV nor XLSX; what it seems to be.
    UnknownFormat(&'static str),
    /// A workbook with a password, or of the format before 2007.
    OldOrLocked,
    /// Not text in a known encoding; the line where it fails.
    Encoding {
        /// The line, from 1.
        line: u64,
    },
    /// The workbook is damaged or not one.
    Broken(String),
    /// The workbook has no visible worksheet.
    NoWorksheet,
    /// Unpacked, the workbook is too large, or is made to exhaust memory.
    TooLarge(String),
    /// A CSV row that does not end, mostly for a stray quotation mark.
    RowTooLong {
        /// The row where it begins.
        row: u64,
    },
    /// More rows than an XLSX file may have.
    TooManyRows {
        /// The most that are read.
        limit: u64,
    },
    /// None of the known headers is in the first ten rows.
    HeaderNotFound {
        /// Headers that were looked for.
        wanted: Vec<String>,
    },
    /// Required headers are missing.
    MissingHeaders {
        /// The headers.
        missing: Vec<String>,
        /// Groups of which one header is needed.
        one_of: Vec<Vec<String>>,
        /// Headers that stand in hidden columns only.
        hidden: Vec<String>,
        /// The row taken for the header.
        header_row: u64,
    },
    /// Two columns of the file mean the same.
    DuplicateHeaders(Vec<(String, Vec<String>)>),
    /// Unknown headers, when reading strictly.
    UnknownHeaders(Vec<String>),
}

impl SheetError {
    /// The code.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io(_) => "FILE_UNREADABLE",
            Self::Empty => "FILE_EMPTY",
            Self::UnknownFormat(_) => "FILE_FORMAT",
            Self::OldOrLocked => "FILE_OLD_OR_LOCKED",
            Self::Encoding { .. } => "FILE_ENCODING",
            Self::Broken(_) => "FILE_BROKEN",
            Self::NoWorksheet => "NO_WORKSHEET",
            Self::TooLarge(_) => "FILE_TOO_LARGE",
            Self::RowTooLong { .. } => "ROW_TOO_LONG",
            Self::TooManyRows { .. } => "TOO_MANY_ROWS",
            Self::HeaderNotFound { .. } => "HEADER_NOT_FOUND",
            Self::MissingHeaders { .. } => "HEADERS_MISSING",
            Self::DuplicateHeaders(_) => "HEADERS_DUPLICATE",
            Self::UnknownHeaders(_) => "HEADERS_UNKNOWN",
        }
    }

    /// What is wrong.
    pub fn message(&self, lang: Lang) -> String {
        let zh = lang == Lang::Zh;
        match self {
            Self::Io(error) if zh => format!("文件无法读取：{error}"),
            Self::Io(error) => format!("the file cannot be read: {error}"),
            Self::Empty => lang.pick("文件是空的", "the file is empty").to_owned(),
            Self::UnknownFormat(what) if zh => format!("文件既不是 CSV 也不是 XLSX，像是 {what}"),
            Self::UnknownFormat(what) => format!("the file is neither CSV nor XLSX but looks like {what}"),
            Self::OldOrLocked => {
                lang.pick("文件是旧版 .xls 或加了密码", "the file is an old .xls or has a password").to_owned()
            }
            Self::Encoding { line } if zh => {
                format!("文件不是 UTF-8 或 GB18030 编码，第 {line} 行有无法识别的字节")
            }
            Self::Encoding { line } => {
                format!("the file is neither UTF-8 nor GB18030; line {line} has bytes that fit neither")
            }
            Self::Broken(detail) if zh => format!("工作簿已损坏，无法读取（{detail}）"),
            Self::Broken(detail) => format!("the workbook is damaged ({detail})"),
            Self::NoWorksheet => {
                lang.pick("工作簿里没有可见的工作表", "the workbook has no visible worksheet").to_owned()
            }
            Self::TooLarge(detail) if zh => format!("工作簿解压后过大，已拒绝（{detail}）"),
            Self::TooLarge(detail) => format!("the workbook is too large when unpacked ({detail})"),
            Self::RowTooLong { row } if zh => format!("第 {row} 行太长，没有正常结束"),
            Self::RowTooLong { row } => format!("row {row} is too long and does not end"),
            Self::TooManyRows { limit } if zh => format!("超过 {limit} 行"),
            Self::TooManyRows { limit } => format!("more than {limit} rows"),
            Self::HeaderNotFound { .. } => {
                lang.pick("前十行里找不到表头", "no header row was found in the first ten rows").to_owned()
            }
            Self::MissingHeaders { missing, one_of, header_row, .. } => {
                let or = lang.pick("或", " or ");
                let and = lang.pick("、", ", ");
                let names: Vec<String> =
                    missing.iter().cloned().chain(one_of.iter().map(|group| group.join(or))).collect();
                let names = names.join(and);
                if zh {
                    format!("表头（第 {header_row} 行）缺少：{names}")
                } else {
                    format!("the header (row {header_row}) lacks: {names}")
                }
            }
            Self::DuplicateHeaders(all) => {
                let and = lang.pick("、", ", ");
                let names: Vec<String> = all
                    .iter()
                    .map(|(header, found)| format!("{header}{}{}", lang.pick("：", ": "), found.join(and)))
                    .collect();
                let names = names.join(lang.pick("；", "; "));
                if zh {
                    format!("几列的表头是同一个意思——{names}")
                } else {
                    format!("several columns mean the same: {names}")
                }
            }
            Self::UnknownHeaders(names) if zh => format!("不认识的表头：{}", names.join("、")),
            Self::UnknownHeaders(names) => format!("unknown headers: {}", names.join(", ")),
        }
    }

    /// What to do about it.
    pub fn remedy(&self, lang: Lang) -> String {
        let (zh, en) = match self {
            Self::Io(_) => ("检查文件是否存在、是否被占用", "check that the file is there and not in use"),
            Self::Empty => ("选择有内容的文件", "choose a file with content"),
            Self::UnknownFormat(_) | Self::OldOrLocked => (
                "用 WPS 或 Excel 打开（有密码的先取消密码），另存为 .xlsx 再导入",
                "open it in a spreadsheet program, remove any password, save it as .xlsx and import that",
            ),
            Self::Encoding { .. } => ("另存为 .xlsx 或“CSV UTF-8”再导入", "save it as .xlsx or “CSV UTF-8”"),
            Self::Broken(_) => {
                ("用 WPS 或 Excel 打开并另存一份再导入", "open it in a spreadsheet program and save it again")
            }
            Self::NoWorksheet => ("取消隐藏要导入的工作表", "unhide the worksheet"),
            Self::TooLarge(_) | Self::TooManyRows { .. } => {
                ("另存为 CSV 再导入，或拆成几个文件", "save it as CSV, or split it")
            }
            Self::RowTooLong { .. } => {
                ("检查这一行是否有多余的英文双引号", "look for a stray double quotation mark in that row")
            }
            Self::HeaderNotFound { wanted } => {
                let list = wanted.join(lang.pick("、", ", "));
                return match lang {
                    Lang::Zh => format!("表头要写明这些列：{list}；可先导出模板"),
                    Lang::En => format!("the header must name: {list}; a template can be had"),
                };
            }
            Self::MissingHeaders { hidden, .. } if !hidden.is_empty() => {
                let list = hidden.join(lang.pick("、", ", "));
                return match lang {
                    Lang::Zh => format!("这些列在表中被隐藏：{list}；取消隐藏，或加 --hidden（接口 includeHidden）"),
                    Lang::En => {
                        format!("hidden in the sheet: {list}; unhide them, or read with --hidden (API: includeHidden)")
                    }
                };
            }
            Self::MissingHeaders { .. } => {
                ("在表头补上这些列，或改成模板里的列名", "add these columns, or name them as in the template")
            }
            Self::DuplicateHeaders(_) => ("只保留其中一列", "keep one of them"),
            Self::UnknownHeaders(_) => {
                ("删去这些列，或改成模板里的列名", "remove these columns, or name them as in the template")
            }
        };
        lang.pick(zh, en).to_owned()
    }
}

impl fmt::Display for SheetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message(Lang::En))
    }
}

impl std::error::Error for SheetError {}

impl From<io::Error> for SheetError {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}
