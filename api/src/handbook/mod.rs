//! 手册 · the handbook: written pages of `api/docs`, and pages printed from the program's own tables, so that they cannot
//! tell another story. Served at `/docs`; `minzheng handbook --write api/docs` prints the latter, and a test compares.

mod diagram;
mod html;
mod limits;
mod printed;

pub use html::page as html;

/// 中文 or English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tongue {
    /// 中文
    Zh,
    /// English
    En,
}

impl Tongue {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// Folder and part of the address.
    pub fn code(self) -> &'static str {
        match self {
            Self::Zh => "zh",
            Self::En => "en",
        }
    }

    fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

/// One page.
pub struct Page {
    /// Name of the file and part of the address.
    pub name: &'static str,
    /// 标题
    pub zh: &'static str,
    /// Title
    pub en: &'static str,
    text: Text,
}

enum Text {
    Written(&'static str, &'static str),
    Printed(fn(Tongue) -> String),
}

macro_rules! written {
    ($name:literal, $zh:literal, $en:literal) => {
        Page {
            name: $name,
            zh: $zh,
            en: $en,
            text: Text::Written(
                include_str!(concat!("../../docs/zh/", $name, ".md")),
                include_str!(concat!("../../docs/en/", $name, ".md")),
            ),
        }
    };
}

const fn printed(name: &'static str, zh: &'static str, en: &'static str, text: fn(Tongue) -> String) -> Page {
    Page { name, zh, en, text: Text::Printed(text) }
}

/// All pages, in the order of reading.
pub const PAGES: &[Page] = &[
    written!("concepts", "概念", "Concepts"),
    written!("api", "接口", "The API"),
    written!("examples", "接口示例", "Examples"),
    printed("limits", "限额", "Limits", limits::limits),
    written!("import", "导入与导出", "Import and export"),
    printed("sheets", "花名册", "Sheets", printed::sheets),
    printed("roles", "岗位与权限", "Roles and rights", printed::roles),
    printed("states", "状态与步骤", "States and steps", printed::states),
    printed("figures", "指标", "Figures", printed::figures),
    written!("report", "定期报告", "Periodic reports"),
    printed("codes", "代码表", "Code lists", printed::codes),
    written!("screen", "大屏", "The big screen"),
    written!("operations", "运行", "Operations"),
    written!("security", "安全承诺", "What is promised"),
    written!("builders", "开发者", "For builders"),
    written!("changes", "变更记录", "Change log"),
];

impl Page {
    /// Whether it is printed from the program's tables.
    pub fn is_printed(&self) -> bool {
        matches!(self.text, Text::Printed(_))
    }

    /// Its text, as Markdown.
    pub fn markdown(&self, tongue: Tongue) -> String {
        match &self.text {
            Text::Written(zh, en) => tongue.pick(zh, en).to_owned(),
            Text::Printed(print) => print(tongue),
        }
    }
}

/// A page by its name.
pub fn find(name: &str) -> Option<&'static Page> {
    PAGES.iter().find(|page| page.name == name)
}
