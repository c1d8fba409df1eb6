//! A line for people.

/// The sum as a line.
pub fn line(amounts: &[i64]) -> String {
    let total = ledger_core::calc_total(amounts);
    format!("total {}.{:02}", total / 100, total % 100)
}

#[cfg(test)]
mod tests {
    #[test]
    fn cents_have_two_digits() {
        let amounts = [100, 205];
        assert_eq!(super::line(&amounts), "total 3.05");
        assert_eq!(ledger_core::calc_total(&amounts), 305);
    }
}
