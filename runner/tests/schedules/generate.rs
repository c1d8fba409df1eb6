//! A seed ⟶ the text of a plan over a few cells, so that much overlaps; with blocks, gates, conditions and failing steps.

use std::fmt::Write;

/// Tools over cells. Each gives something that depends on when it is called.
pub const CELLS: &str = r#"
catalogue cell {
  tool get(name: string) -> { trusted n: int, trusted name: string } { reads "cell:${name}" }
  tool both(first: string, second: string) -> { trusted n: int, trusted name: string } {
    reads "cell:${first}"
    reads "cell:${second}"
  }
  tool need(name: string) -> { trusted n: int, trusted name: string } { reads "cell:${name}" }
  tool put(name: string, value: int) -> { trusted n: int, trusted name: string } { writes "cell:${name}" }
  tool add(name: string, value: int) -> { trusted n: int, trusted name: string } {
    reads "cell:${name}"
    writes "cell:${name}"
  }
  tool move(from: string, to: string) -> { trusted n: int, trusted name: string } {
    deletes "cell:${from}"
    writes "cell:${to}"
  }
  tool take(name: string) -> { trusted n: int, trusted name: string } { writes "cell:${name}" }
}
"#;

/// Random numbers from a seed (SplitMix64, https://prng.di.unimi.it/splitmix64.c).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x5bf0_3635)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % limit as u64) as usize
    }

    pub fn one_in(&mut self, chances: usize) -> bool {
        self.below(chances) == 0
    }
}

struct Writer<'d> {
    dice: &'d mut Dice,
    text: String,
    steps: usize,
    /// Steps whose result every later step may use.
    known: Vec<String>,
    /// The element at hand.
    element: bool,
}

/// A plan of a few to many steps.
pub fn plan(dice: &mut Dice) -> String {
    let items = 2 + dice.below(7);
    let mut writer = Writer { dice, text: String::new(), steps: 0, known: Vec::new(), element: false };
    writer.text.push_str("plan \"p\" {\n  critical {\n    create \"cell:*\"\n    delete \"cell:*\"\n  }\n");
    for item in 0..items {
        match writer.dice.below(10) {
            0..=4 => writer.step("  ", true),
            5 | 6 => {
                let list = LISTS[writer.dice.below(LISTS.len())];
                writer.block(&format!("each list{item} = x in {list}"), true);
            }
            7 => writer.block("together", false),
            8 => {
                let condition = writer.condition();
                writer.block(&format!("when {condition}"), false);
            }
            _ => writer.text.push_str("  gate \"go on?\"\n"),
        }
    }
    writer.step("  ", true);
    writer.text.push_str("}\n");
    writer.text
}

/// What an `each` goes over.
const LISTS: [&str; 4] = [r#"["a", "b", "c"]"#, r#"["a", "a"]"#, r#"["d", "b", "d", "c"]"#, "[]"];

impl Writer<'_> {
    fn block(&mut self, head: &str, element: bool) {
        writeln!(self.text, "  {head} {{").expect("a text takes all");
        self.element = element;
        let known = self.known.clone();
        for _ in 0..1 + self.dice.below(3) {
            self.step("    ", element);
        }
        self.known = known;
        self.element = false;
        self.text.push_str("  }\n");
    }

    /// `is_known`: whether steps behind it in its block may use its result.
    fn step(&mut self, indent: &str, is_known: bool) {
        let name = format!("s{}", self.steps);
        self.steps += 1;
        let (cell, other, value) = (self.cell(), self.cell(), self.value());
        let call = match self.dice.below(8) {
            0 | 1 => format!("cell.get(name: {cell})"),
            2 => format!("cell.both(first: {cell}, second: {other})"),
            3 => format!("cell.need(name: {cell})"),
            4 => format!("cell.put(name: {cell}, value: {value})"),
            5 => format!("cell.add(name: {cell}, value: {value})"),
            6 => format!("cell.move(from: {cell}, to: {other})"),
            _ => format!("cell.take(name: {cell})"),
        };
        let mut clauses = Vec::new();
        if self.dice.one_in(6) {
            clauses.push("on failure continue".to_owned());
        }
        if self.dice.one_in(8) {
            clauses.push(format!("when {}", self.condition()));
        }
        if self.dice.one_in(8)
            && let Some(before) = self.earlier()
        {
            clauses.push(format!("after {before}"));
        }
        let is_sure = !clauses.iter().any(|clause| !clause.starts_with("after"));
        let block = match clauses.is_empty() {
            true => String::new(),
            false => format!(" {{\n{indent}  {}\n{indent}}}", clauses.join(&format!("\n{indent}  "))),
        };
        writeln!(self.text, "{indent}step {name} = {call}{block}").expect("a text takes all");
        if is_known && is_sure {
            self.known.push(name);
        }
    }

    fn earlier(&mut self) -> Option<String> {
        let count = self.known.len();
        (count > 0).then(|| self.known[self.dice.below(count)].clone())
    }

    /// The name of a cell: said, of the element, or known only when a step has run.
    fn cell(&mut self) -> String {
        match self.dice.below(6) {
            0 | 1 if self.element => "x".to_owned(),
            2 => match self.earlier() {
                Some(step) => format!("{step}.name"),
                None => "\"a\"".to_owned(),
            },
            _ => format!("\"{}\"", ["a", "b", "c", "d"][self.dice.below(4)]),
        }
    }

    fn value(&mut self) -> String {
        match self.earlier() {
            Some(step) if self.dice.one_in(2) => format!("{step}.n"),
            _ => self.dice.below(9).to_string(),
        }
    }

    fn condition(&mut self) -> String {
        match self.earlier() {
            Some(step) => format!("{step}.n % 2 == {}", self.dice.below(2)),
            None => ["true", "false"][self.dice.below(2)].to_owned(),
        }
    }
}
