use ledger_core::calc_total;

fn main() {
    let amounts: Vec<i64> = std::env::args().skip(1).filter_map(|word| word.parse().ok()).collect();
    println!("{}", calc_total(&amounts));
}
