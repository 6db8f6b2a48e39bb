//! What is wrong with a cell and what was changed in it, in words a clerk can act on.

use std::fmt;

/// The language of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash)]
pub enum Lang {
    /// 简体中文.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// One of the two texts.
    pub(super) fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

macro_rules! codes {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $variant:ident = $code:literal: $zh:literal, $en:literal;)* }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$inner])* $variant,)* }

        impl $name {
            /// The code as it stands in outcome sheets.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $code,)* }
            }

            /// What it says.
            pub fn message(self, lang: Lang) -> &'static str {
                match self { $(Self::$variant => lang.pick($zh, $en),)* }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

codes! {
    /// Why a cell cannot be taken.
    CellCode {
        /// A required cell is empty.
        Required = "REQUIRED": "必填项为空", "a required cell is empty";
        /// An id went through a number and lost digits.
        IdAsNumber = "ID_AS_NUMBER": "号码被表格软件当成了数字，末几位已经丢失", "the number was stored as a quantity and has lost its last digits";
        /// The cell shows a spreadsheet error.
        CellError = "CELL_ERROR": "单元格里是公式错误", "the cell shows a formula error";
        /// A formula of which no result is stored.
        FormulaWithoutValue = "FORMULA_WITHOUT_VALUE": "公式没有存下结果，不知道是什么内容", "no result is stored of the formula";
        /// `####`: the column was too narrow for a number.
        CutOff = "CUT_OFF": "列太窄，数字只剩下 ###", "the column was too narrow, and ### is all that is left";
        /// A mark of quotation that does not close.
        StrayQuote = "STRAY_QUOTE": "这一行有一个英文双引号没有正常结束，后面的行会被并进来", "a double quotation mark opens in this row and does not close as it should; it would swallow the rows below";
        /// A name that holds signs that no name has.
        NameSigns = "NAME_SIGNS": "姓名里有不该有的字符，可能是乱码、公式或填错了列", "the name holds signs that no name has: lost signs, a formula, or another column's content";
        /// A name of too many signs.
        NameTooLong = "NAME_TOO_LONG": "姓名太长", "the name is too long";
        /// A date cell where a number belongs, and the like.
        WrongType = "WRONG_CELL_TYPE": "单元格的格式与这一列不符", "the cell's format does not fit this column";
        /// Not a date.
        DateInvalid = "DATE_INVALID": "不是有效的日期", "not a date";
        /// Year and month without a day, or a year alone.
        DateNeedsDay = "DATE_NEEDS_DAY": "日期不完整，缺少“日”", "the date lacks its day";
        /// A year that cannot be meant.
        DateOutOfRange = "DATE_OUT_OF_RANGE": "日期的年份不合理", "the year of the date cannot be meant";
        /// Not a month.
        MonthInvalid = "MONTH_INVALID": "不是有效的月份", "not a month";
        /// `2023.1` may be January or an October that lost its zero.
        MonthAmbiguous = "MONTH_AMBIGUOUS": "分不清是1月还是10月（小数末尾的0会丢失）", "may be January, or October with its last zero lost";
        /// A day where a month belongs.
        MonthHasDay = "MONTH_HAS_DAY": "这里要填月份，填成了某一天", "a day stands where a month belongs";
        /// Not a span of months.
        MonthRangeInvalid = "MONTH_RANGE_INVALID": "不是有效的月份或起止月份", "not a month or a span of months";
        /// A span that ends before it begins.
        MonthRangeBackwards = "MONTH_RANGE_BACKWARDS": "起止月份前后颠倒", "the span of months ends before it begins";
        /// Not a point of time.
        DateTimeInvalid = "DATETIME_INVALID": "不是有效的时间", "not a date with a time";
        /// A date without its time.
        TimeMissing = "TIME_MISSING": "只有日期，缺少时刻", "the time of day is missing";
        /// Not an amount.
        MoneyInvalid = "MONEY_INVALID": "不是有效的金额", "not an amount of money";
        /// More than two decimals.
        MoneyDecimals = "MONEY_DECIMALS": "金额多于两位小数", "the amount has more than two decimals";
        /// 万 or 亿 in an amount.
        MoneyUnit = "MONEY_UNIT": "金额带有“万”或“亿”", "the amount is given in 万 or 亿";
        /// Not a whole number.
        IntegerInvalid = "INTEGER_INVALID": "不是整数", "not a whole number";
        /// Not a number.
        DecimalInvalid = "DECIMAL_INVALID": "不是数字", "not a number";
        /// A number beyond all bounds.
        NumberTooLarge = "NUMBER_TOO_LARGE": "数字太大", "the number is too large";
        /// Neither yes nor no.
        YesNoInvalid = "YES_NO_INVALID": "只能填“是”或“否”", "must be 是 or 否";
        /// Not a division code.
        DivisionInvalid = "DIVISION_CODE": "不是区划代码", "not a division code";
        /// Not in the closed list.
        NotInList = "NOT_IN_LIST": "不在可选范围内", "not in the list";
        /// More cells than headers.
        TooManyCells = "TOO_MANY_CELLS": "这一行的单元格比表头多，内容可能错位", "the row has more cells than the header; its contents may be shifted";
    }
}

impl CellCode {
    /// What to do about it, without the closed list.
    fn remedy(self, lang: Lang) -> &'static str {
        let (zh, en) = match self {
            Self::Required => ("请补填这一格", "fill in the cell"),
            Self::IdAsNumber => (
                "把这一列的格式设为“文本”，再重新录入完整号码（只改格式不能找回丢失的数字）",
                "set the column to text and enter the whole number again (changing the format alone does not bring the lost digits back)",
            ),
            Self::CellError => (
                "用 WPS 或 Excel 打开，改正公式或直接填写结果，保存后再导入",
                "open the sheet in a spreadsheet program, mend the formula or enter the result itself, and save it",
            ),
            Self::FormulaWithoutValue => (
                "用 WPS 或 Excel 打开这张表并保存一次（结果就会存下），再导入",
                "open the sheet in a spreadsheet program and save it, so that the result is stored",
            ),
            Self::CutOff => {
                ("用 WPS 或 Excel 打开，把列拉宽，重新另存", "open the sheet, widen the column and save it again")
            }
            Self::StrayQuote => (
                "删去多余的英文双引号；单元格里换行的，去掉换行，或存为 .xlsx",
                "remove the double quotation mark; where a cell has line ends, take them out, or save the sheet as .xlsx",
            ),
            Self::NameSigns => ("按证件填写姓名", "write the name as in the document"),
            Self::NameTooLong => {
                ("按证件填写姓名，不超过 60 个字", "write the name as in the document, at most 60 signs")
            }
            Self::WrongType => ("把单元格格式设为“文本”后重新填写", "set the cell to text and enter it again"),
            Self::DateInvalid | Self::DateOutOfRange => ("按“2023-06-01”的样式填写", "write it as 2023-06-01"),
            Self::DateNeedsDay => ("补上“日”，按“2023-06-01”的样式填写", "add the day and write it as 2023-06-01"),
            Self::MonthInvalid | Self::MonthHasDay => ("按“2023-06”的样式填写", "write it as 2023-06"),
            Self::MonthAmbiguous => {
                ("1月写成“2023-01”，10月写成“2023-10”", "write January as 2023-01 and October as 2023-10")
            }
            Self::MonthRangeInvalid | Self::MonthRangeBackwards => {
                ("按“2023-06”或“2023-01~2023-03”的样式填写", "write it as 2023-06 or 2023-01~2023-03")
            }
            Self::DateTimeInvalid | Self::TimeMissing => {
                ("按“2023-06-01 08:30”的样式填写", "write it as 2023-06-01 08:30")
            }
            Self::MoneyInvalid => ("按“1234.50”的样式填写，单位为元", "write it in yuan as 1234.50"),
            Self::MoneyDecimals => ("按元填写，最多两位小数", "give yuan with at most two decimals"),
            Self::MoneyUnit => ("换算成元后填写", "convert it to yuan"),
            Self::IntegerInvalid => ("只填整数，例如“12”", "write a whole number such as 12"),
            Self::DecimalInvalid => ("只填数字，例如“12.5”", "write a number such as 12.5"),
            Self::NumberTooLarge => ("核对这个数字", "check the number"),
            Self::YesNoInvalid => ("填“是”或“否”", "write 是 or 否"),
            Self::DivisionInvalid => {
                ("应为 12 位数字，或一级的前 2、4、6、9 位", "12 digits, or the first 2, 4, 6 or 9 of them")
            }
            Self::NotInList => ("从可选值中选一个", "choose one of the list"),
            Self::TooManyCells => (
                "检查这一行是否多了逗号；含逗号的内容要加英文双引号",
                "look for a comma too many; put text with commas into double quotes",
            ),
        };
        lang.pick(zh, en)
    }
}

/// A cell that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// Why.
    pub code: CellCode,
    /// The cell as the clerk sees it.
    pub value: String,
    /// The closed list, for [`CellCode::NotInList`].
    pub allowed: Vec<String>,
}

impl CellError {
    /// A problem with this value.
    pub fn new(code: CellCode, value: impl Into<String>) -> Self {
        Self { code, value: value.into(), allowed: Vec::new() }
    }

    /// What is wrong; what the cell says stands apart, since it may be somebody's.
    pub fn message(&self, lang: Lang) -> String {
        self.code.message(lang).to_owned()
    }

    /// What to do about it.
    pub fn remedy(&self, lang: Lang) -> String {
        let remedy = self.code.remedy(lang);
        match (self.allowed.is_empty(), lang) {
            (true, _) => remedy.to_owned(),
            (false, Lang::Zh) => format!("{remedy}：{}", self.allowed.join("、")),
            (false, Lang::En) => format!("{remedy}: {}", self.allowed.join(", ")),
        }
    }
}

codes! {
    /// What was changed in a cell to take it.
    NoteCode {
        /// Blanks or invisible signs removed.
        Blanks = "BLANKS_REMOVED": "去掉了空格或不可见字符", "blanks or invisible signs were removed";
        /// Full-width digits or letters made half-width.
        FullWidth = "FULL_WIDTH": "全角字符改成了半角", "full-width signs were made half-width";
        /// Small letters made capital.
        LetterCase = "LETTER_CASE": "小写字母改成了大写", "small letters were made capital";
        /// A number cell taken as text.
        NumberAsText = "NUMBER_AS_TEXT": "数字格式的单元格按文本读入", "a number cell was read as text";
        /// An 18-digit id that ends in 000 and may have lost its end.
        EndsIn000 = "ID_ENDS_IN_000": "号码以000结尾，请核对末几位是否丢失", "the number ends in 000; check that its end was not lost";
        /// Another separator in a list.
        ListForm = "LIST_FORM": "统一了分隔符", "the separators were made one";
        /// Another way to write a date.
        DateForm = "DATE_FORM": "统一了日期写法", "the date was rewritten";
        /// A day count taken as date.
        DateSerial = "DATE_SERIAL": "表格软件的日期序号换算成了日期", "a spreadsheet's day count was taken as a date";
        /// The time of day left out.
        TimeDropped = "TIME_DROPPED": "只取日期，舍去了时刻", "the time of day was left out";
        /// Another way to write a month.
        MonthForm = "MONTH_FORM": "统一了月份写法", "the month was rewritten";
        /// Another way to write a point of time.
        TimeForm = "TIME_FORM": "统一了时间写法", "the time was rewritten";
        /// Another way to write a number.
        NumberForm = "NUMBER_FORM": "统一了数字写法", "the number was rewritten";
        /// Binary rounding noise removed.
        FloatTail = "FLOAT_TAIL": "去掉了表格软件的计算尾差", "a spreadsheet's rounding noise was removed";
        /// Another way to say yes or no.
        YesNoForm = "YES_NO_FORM": "按“是/否”读入", "was read as 是 or 否";
        /// Another way to write a listed value.
        ChoiceForm = "CHOICE_FORM": "按可选值统一了写法", "was rewritten as in the list";
        /// A sign that means empty.
        EmptyMark = "EMPTY_MARK": "按空白读入", "was read as empty";
        /// An empty cell where something stood.
        Kept = "KEPT": "为空，原有内容保留（要清除请填“清空”）", "is empty: what stood there stays (write 清空 to clear it)";
        /// A cell that clears.
        Cleared = "CLEARED": "按“清空”清除原有内容", "says 清空: what stood there is cleared";
        /// A word that says there is none.
        MeansNone = "MEANS_NONE": "表示没有，按空白读入", "says that there is none, and was read as empty";
        /// A name in its one form.
        NameForm = "NAME_FORM": "姓名统一了写法（空格、间隔号、兼容字符）", "the name was brought into one form (blanks, middle dot, compatibility signs)";
        /// A name with digits.
        NameHasDigits = "NAME_HAS_DIGITS": "姓名里有数字，请核对", "the name has digits; check it";
        /// A number of fifteen digits made eighteen.
        MadeEighteen = "MADE_EIGHTEEN": "15 位身份证号码换算成 18 位", "an ID number of 15 digits was made one of 18";
        /// A division found by the names of town and village.
        FoundByName = "FOUND_BY_NAME": "按镇街和村居名称找到区划代码", "the division was found by the names of town and village";
        /// Taken from a row above.
        FilledDown = "FILLED_DOWN": "取自上面的行", "was taken from a row above";
    }
}

/// What was changed in one cell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What was done.
    pub code: NoteCode,
    /// The cell as it stood.
    pub from: String,
    /// What was made of it.
    pub to: String,
}

/// A [`Note`] with its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowNote {
    /// The row's number in the file.
    pub row: u64,
    /// The header of the column.
    pub column: String,
    /// What was done.
    pub code: NoteCode,
    /// The cell as it stood.
    pub from: String,
    /// What was made of it.
    pub to: String,
}

/// Why a row is refused, ready to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// The row's number in the file.
    pub row: u64,
    /// The header of the column, where one cell is to blame.
    pub column: Option<String>,
    /// The cell as it stood.
    pub value: Option<String>,
    /// The code.
    pub code: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub remedy: String,
}

impl RowError {
    /// From a cell's problem.
    pub fn of_cell(row: u64, column: &str, error: &CellError, lang: Lang) -> Self {
        Self {
            row,
            column: Some(column.to_owned()),
            value: Some(error.value.clone()).filter(|value| !value.is_empty()),
            code: error.code.as_str().to_owned(),
            message: error.message(lang),
            remedy: error.remedy(lang),
        }
    }
}
