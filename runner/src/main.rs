//! The planc binary.
fn main() {}
