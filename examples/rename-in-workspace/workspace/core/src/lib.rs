//! Amounts, and their sum.

mod parse;

pub use parse::parse;

/// The sum of all amounts, in cents.
pub fn calc_total(amounts: &[i64]) -> i64 {
    amounts.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_zero() {
        assert_eq!(calc_total(&[]), 0);
    }

    #[test]
    fn signs_count() {
        assert_eq!(calc_total(&[5, -2]), 3);
    }
}
