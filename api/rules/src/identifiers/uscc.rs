//! 统一社会信用代码 · the code of an organisation (GB 32100-2015; domain §2.12).

/// The characters and, by their place, their values: no I, O, S, V, Z.
const SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
/// 3^i modulo 31.
const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// Weights of the organisation code inside (GB 11714).
const INNER_WEIGHTS: [usize; 8] = [3, 7, 9, 10, 5, 8, 4, 2];

/// A checked code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uscc {
    /// 18 characters.
    pub code: String,
    /// Whether the organisation code inside has its own check right; a warning where not.
    pub inner_ok: bool,
}

/// Why a text is no code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UsccError {
    /// Not 18 of the characters.
    Format,
    /// The last character does not fit the others.
    CheckDigit,
}

impl UsccError {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Self::Format => "FORMAT",
            Self::CheckDigit => "CHECK_DIGIT",
        }
    }
}

/// Checks a code; full-width signs, blanks and small letters are taken.
pub fn parse(text: &str) -> Result<Uscc, UsccError> {
    let code = super::normalise(text);
    let values: Vec<usize> =
        code.chars().map(|sign| SIGNS.find(sign)).collect::<Option<_>>().ok_or(UsccError::Format)?;
    if values.len() != 18 {
        return Err(UsccError::Format);
    }
    let sum: usize = values.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
    if values.last() != Some(&((31 - sum % 31) % 31)) {
        return Err(UsccError::CheckDigit);
    }
    // GB 11714 counts letters as A = 10 … Z = 35, with none left out.
    let inner: usize = code
        .bytes()
        .skip(8)
        .zip(INNER_WEIGHTS)
        .map(|(byte, weight)| if byte.is_ascii_digit() { byte - b'0' } else { byte - b'A' + 10 } as usize * weight)
        .sum();
    let right = match 11 - inner % 11 {
        10 => b'X',
        11 => b'0',
        digit => b'0' + u8::try_from(digit).unwrap_or(0),
    };
    let inner_ok = code.as_bytes().get(16) == Some(&right);
    Ok(Uscc { code, inner_ok })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vectors_of_the_domain() {
        for code in [
            "91350100M000100Y43",
            "52430199MJ00001220",
            "51430199MJ0000018Y",
            "52430199MJ0000026N",
            "53430199MJ0000034E",
            "54430199ME00000444",
            "12430199000000051T",
            "91430199MA0000T60A",
            "52430199MJ000019XT",
        ] {
            assert_eq!(parse(code).map(|uscc| uscc.code).as_deref(), Ok(code), "{code}");
        }
        for (code, error) in [
            ("91350100M000100Y44", UsccError::CheckDigit),
            ("91350100M000100Y4Z", UsccError::Format),
            ("91350100M000100Y4O", UsccError::Format),
            ("", UsccError::Format),
            ("统一社会信用代码", UsccError::Format),
        ] {
            assert_eq!(parse(code), Err(error), "{code}");
        }
    }

    #[test]
    fn the_inner_code_is_checked_apart() {
        assert!(parse("51430199MJ0000018Y").unwrap().inner_ok);
        assert!(parse("52430199MJ000019XT").unwrap().inner_ok);
    }
}
