//! A seed ⟶ the text of a plan over a few files and cells: changes of files, calls that may and may not be made twice, blocks,
//! and every clause that decides what comes after a failure.

use crate::generate::Dice;
use std::collections::BTreeSet;
use std::fmt::Write;

/// Tools over cells, as in [`crate::generate::CELLS`], and one that may be called again.
pub const TOOLS: &str = r#"
catalogue sim {
  tool put(name: string, value: int) -> { trusted n: int, trusted name: string } {
    writes "cell:${name}"
    independent
  }
  tool add(name: string, value: int) -> { trusted n: int, trusted name: string } {
    reads "cell:${name}"
    writes "cell:${name}"
    independent
  }
  tool ensure(name: string, value: int) -> { trusted n: int, trusted name: string } {
    writes "cell:${name}"
    idempotent
    independent
  }
  tool send(name: string, value: int, ref: string) -> { trusted n: int, trusted name: string } {
    writes "cell:${name}"
    probe sent
    independent
  }
  tool sent(ref: string) -> { trusted n: int, trusted name: string }? {
    reads "sent:${ref}"
    independent
  }
  tool look(name: string) -> { trusted n: int, trusted name: string } {
    reads "cell:${name}"
    independent
  }
}
"#;

/// What is there before.
pub const FILES: [(&str, &str); 6] = [
    ("a.txt", "one\n"),
    ("b.txt", "two\n"),
    ("c.txt", "three\n"),
    ("in/x.txt", "x\n"),
    ("in/y.txt", "y\n"),
    ("in/deep/z.txt", "z\n"),
];

const HEAD: &str = r#"plan "p" {
  critical {
    read   "**"
    create "**"
    modify "**"
    delete "**"
    create "cell:*"
    delete "cell:*"
  }
"#;

struct Writer<'d> {
    dice: &'d mut Dice,
    text: String,
    steps: usize,
    /// Files that are there when everything so far was done.
    files: BTreeSet<String>,
    /// Steps whose number every later step may use.
    known: Vec<String>,
}

/// A plan of a few to many steps.
pub fn plan(dice: &mut Dice) -> String {
    let files = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
    let mut writer = Writer { dice, text: HEAD.to_owned(), steps: 0, files, known: Vec::new() };
    for item in 0..3 + writer.dice.below(7) {
        match writer.dice.below(12) {
            0..=4 => writer.files(),
            5..=8 => writer.call("  ", None),
            9 => writer.each(item),
            10 => writer.together(),
            _ => writer.when(),
        }
    }
    writer.text.push_str("  verify \"a is there or not\" {\n    fs.stat(path: \"a.txt\").kind != \"other\"\n  }\n");
    if let Some(step) = writer.known.last() {
        writeln!(writer.text, "  output n = {step}.n").expect("a text takes all");
    }
    writer.text.push_str("}\n");
    writer.text
}

impl Writer<'_> {
    fn name(&mut self) -> String {
        self.steps += 1;
        format!("s{}", self.steps - 1)
    }

    fn file(&mut self) -> Option<String> {
        let count = self.files.len();
        (count > 0).then(|| self.files.iter().nth(self.dice.below(count)).expect("one of them").clone())
    }

    /// A text, perhaps of what is known only when a step has run.
    fn content(&mut self) -> String {
        match self.known.is_empty() || self.dice.one_in(2) {
            true => format!("\"text {}\\n\"", self.dice.below(100)),
            false => format!("\"n is ${{{}.n}}\\n\"", self.known[self.dice.below(self.known.len())]),
        }
    }

    /// A step that changes files.
    fn files(&mut self) {
        let name = self.name();
        let new = format!("out/{}/{name}.txt", self.dice.below(3));
        let content = self.content();
        let Some(old) = self.file() else { return };
        let call = match self.dice.below(7) {
            0 => format!("fs.append(path: \"{old}\", text: {content})"),
            1 => {
                self.files.insert(new.clone());
                format!("fs.copy(from: \"{old}\", to: \"{new}\")")
            }
            2 => {
                self.files.remove(&old);
                self.files.insert(new.clone());
                format!("fs.move(from: \"{old}\", to: \"{new}\")")
            }
            3 => {
                self.files.remove(&old);
                format!("fs.delete(path: \"{old}\")")
            }
            4 => format!("fs.write(path: \"{old}\", text: {content})"),
            5 if self.files.contains("in/deep/z.txt") && self.files.contains("in/x.txt") => {
                self.files.retain(|path| !path.starts_with("in/"));
                format!("fs.move(from: \"in\", to: \"moved/{name}\")")
            }
            _ => {
                self.files.insert(new.clone());
                format!("fs.write(path: \"{new}\", text: {content})")
            }
        };
        writeln!(self.text, "  step {name} = {call}").expect("a text takes all");
    }

    /// A call of a tool outside, in a block for an element.
    fn call(&mut self, indent: &str, element: Option<&str>) {
        let name = self.name();
        let cell = match element {
            Some(element) if self.dice.one_in(2) => element.to_owned(),
            _ => format!("\"{}\"", ["a", "b", "c", "d"][self.dice.below(4)]),
        };
        let value = match self.known.is_empty() || self.dice.one_in(2) {
            true => self.dice.below(9).to_string(),
            false => format!("{}.n", self.known[self.dice.below(self.known.len())]),
        };
        let (call, repeatable) = match self.dice.below(8) {
            6 | 7 if element.is_none() => (format!("sim.send(name: {cell}, value: {value}, ref: \"{name}\")"), true),
            0 | 1 => (format!("sim.put(name: {cell}, value: {value})"), false),
            2 => (format!("sim.add(name: {cell}, value: {value})"), false),
            3 | 4 => (format!("sim.ensure(name: {cell}, value: {value})"), true),
            _ => (format!("sim.look(name: {cell})"), true),
        };
        let mut clauses = Vec::new();
        if repeatable && self.dice.one_in(2) {
            clauses.push(format!("retry {} every 1s", 1 + self.dice.below(2)));
        }
        if self.dice.one_in(4) {
            clauses.push("timeout 90s".to_owned());
        }
        if self.dice.one_in(6) {
            clauses.push(format!("expect {name}.n >= 0"));
        }
        let failing = match self.dice.below(8) {
            0 | 1 => Some("continue"),
            2 => Some("undo"),
            _ => None,
        };
        clauses.extend(failing.map(|failing| format!("on failure {failing}")));
        let block = match clauses.is_empty() {
            true => String::new(),
            false => format!(" {{\n{indent}  {}\n{indent}}}", clauses.join(&format!("\n{indent}  "))),
        };
        writeln!(self.text, "{indent}step {name} = {call}{block}").expect("a text takes all");
        if element.is_none() && indent == "  " && failing != Some("continue") {
            self.known.push(name);
        }
    }

    fn each(&mut self, item: usize) {
        let list = [r#"["e", "f", "g"]"#, r#"["h", "h"]"#, r#"["a", "i", "b"]"#][self.dice.below(3)];
        writeln!(self.text, "  each list{item} = x in {list} {{").expect("a text takes all");
        for _ in 0..1 + self.dice.below(2) {
            self.call("    ", Some("x"));
        }
        if self.dice.one_in(2) {
            let name = self.name();
            writeln!(self.text, "    step {name} = fs.write(path: \"each/{item}/{name}-${{x}}.txt\", text: x)")
                .expect("a text takes all");
        }
        self.text.push_str("  }\n");
    }

    /// Of different cells: two that meet are an error.
    fn together(&mut self) {
        self.text.push_str("  together {\n");
        for cell in ["k", "l", "m"].iter().take(2 + self.dice.below(2)) {
            let name = self.name();
            let tool = ["put", "add", "ensure"][self.dice.below(3)];
            writeln!(self.text, "    step {name} = sim.{tool}(name: \"{cell}\", value: 1)").expect("a text takes all");
        }
        self.text.push_str("  }\n");
    }

    fn when(&mut self) {
        let condition = match self.known.last() {
            Some(step) => format!("{step}.n % 2 == {}", self.dice.below(2)),
            None => ["true", "false"][self.dice.below(2)].to_owned(),
        };
        writeln!(self.text, "  when {condition} {{").expect("a text takes all");
        self.call("    ", None);
        let (name, content) = (self.name(), self.content());
        writeln!(self.text, "    step {name} = fs.write(path: \"when/{name}.txt\", text: {content})\n  }}")
            .expect("a text takes all");
    }
}
