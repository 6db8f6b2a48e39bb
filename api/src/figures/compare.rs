//! 同比、环比 · how a number compares with that of another time: exactly, rounded at the end.

use minzheng_rules::number::rounded;

use super::indicator::Definition;
use super::read::Shown;
use crate::graphql::scalars::Decimal;

/// Percent by which a number grew, of a percentage the difference in points; `None` where one of them is unknown or
/// hidden, or a growth from nothing.
pub fn compared(of: &Definition, now: &Shown, then: &Shown) -> Option<Decimal> {
    let (a, b) = now.visible()?.quotient(of);
    let (c, d) = then.visible()?.quotient(of);
    // a/b − c/d, over c/d unless it is a percentage itself.
    let difference = a.checked_mul(d)?.checked_sub(c.checked_mul(b)?)?;
    if of.is_percent() {
        return Some(Decimal(rounded(difference, b.checked_mul(d)?, 2)));
    }
    let base = c.checked_mul(b)?;
    let grown = difference.checked_mul(base.signum())?.checked_mul(100)?;
    (base != 0).then(|| Decimal(rounded(grown, base.abs(), 2)))
}
