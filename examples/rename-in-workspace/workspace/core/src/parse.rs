//! Text to amounts.

/// The amounts of a text, one a line, and their sum as [`crate::calc_total`] gives it.
pub fn parse(text: &str) -> Option<(Vec<i64>, i64)> {
    let amounts: Vec<i64> = text.lines().map(|line| line.trim().parse().ok()).collect::<Option<_>>()?;
    let total = crate::calc_total(&amounts);
    Some((amounts, total))
}
