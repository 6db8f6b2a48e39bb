//! Identifiers and their checks (domain §2.12): citizen ID, USCC, telephone, bank card.

pub mod bank_card;
pub mod citizen_id;
pub mod phone;
pub mod uscc;

/// Full-width digits and letters as half-width, blanks removed, letters as capitals.
pub fn normalise(text: &str) -> String {
    text.chars()
        .filter_map(|sign| match sign {
            _ if sign.is_whitespace() => None,
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(sign) - 0xfee0),
            _ => Some(sign),
        })
        .map(|sign| sign.to_ascii_uppercase())
        .collect()
}

/// A number of a person's paper as it is kept and searched.
pub fn normal_number(number: &str) -> String {
    number.chars().filter(|sign| !sign.is_whitespace()).flat_map(char::to_uppercase).collect()
}
