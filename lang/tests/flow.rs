//! The promise of `spec/19-information-flow.md`, attacked: random plans are run in worlds that differ in what an attacker says, or in
//! what is secret, and what a plan does must not differ where its labels say that it cannot. With any one rule taken away the
//! attacks must find a plan that breaks the promise.

use planc_lang::catalogue::Catalogue;
use planc_lang::check::check;
use planc_lang::compile::{add_builtin, load_catalogue};
use planc_lang::diagnostic::Diagnostics;
use planc_lang::eval::{Env, NoCalls, eval, eval_args};
use planc_lang::labels::{Integrity, Labels, Rule, Rules, Secrecy, check_by};
use planc_lang::parser::parse;
use planc_lang::plan::{Call, CriticalScope, Expr, Instance, Plan, ReleaseKind, StepId, Unit};
use planc_lang::source::Sources;
use planc_lang::syntax::OnFailure;
use planc_lang::value::Value;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How many random plans are attacked with all rules.
const PLANS: u64 = 2000;

/// How many random plans are tried at most until one breaks the promise without a rule.
const TRIES: u64 = 4000;

/// In how many pairs of worlds each plan is run.
const PAIRS: u64 = 6;

const TOOLS: &str = r#"
catalogue w {
  tool note() -> { trusted id: string, body: string, trusted tags: [string], links: [string] } {
    reads "w:note"
  }
  tool mail() -> { number: string, data body: string } {
    reads "w:mail"
  }
  tool form() -> { trusted id: string, a?: string, b?: string } {
    reads "w:form"
  }
  tool look(name: string, data words: string) -> { trusted name: string, stored text: string } {
    reads "cell:${name}"
  }
  tool put(name: string, data text: string, exact mode: string = "a") -> { trusted name: string, stored size: int } {
    writes "cell:${name}"
  }
  tool edit(parts: [{ at: string, data with: string }]) {
    writes "cell:all"
  }
  tool say(to: string, data text: string, secret key: string = "") {
    contacts "host.example"
  }
  tool keep(data note: string, secret key: string) -> { trusted version: string } {
    writes "vault:all"
  }
  tool run(argv: [string]) -> { stored code: string } {
    runs argv
  }
  tool load(name: path) -> { stored text: string } {
    reads name
  }
  tool save(name: path, data text: string) {
    writes name
  }
}
"#;

/// A small generator of numbers (xorshift64*, Vigna 2016).
struct Dice(u64);

impl Dice {
    fn new(seed: u64) -> Dice {
        Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) % sides
    }
}

/// Writes random plans.
struct Author {
    dice: Dice,
    /// Texts, lists of texts, and steps that may be null, by expression.
    texts: Vec<String>,
    lists: Vec<String>,
    maybe: Vec<String>,
    mails: Vec<String>,
    steps: u64,
}

impl Author {
    /// Every other plan is one short way from a source to a sink, all of them in turn, so that no rule depends on luck; the
    /// others are put together at random.
    fn plan(seed: u64) -> String {
        match seed % 2 {
            0 => Way::number(seed / 2).plan(),
            _ => Author::random(seed),
        }
    }

    fn random(seed: u64) -> String {
        let mut author = Author {
            dice: Dice::new(seed),
            texts: vec!["given".into()],
            lists: Vec::new(),
            maybe: Vec::new(),
            mails: Vec::new(),
            steps: 0,
        };
        let mut body = String::new();
        for _ in 0..3 + author.dice.roll(5) {
            author.item(&mut body);
        }
        let mut lines = "    modify \"in/*\"\n".to_owned();
        if author.dice.roll(8) == 0 {
            let text = author.text(1);
            writeln!(lines, "    modify {text}").expect("a string");
        }
        format!(
            "plan \"p\" {{\n  critical {{\n{lines}  }}\n  input given: string\n  input token: string secret\n{body}}}\n"
        )
    }

    fn pick(&mut self, from: &[String]) -> Option<String> {
        match from.len() as u64 {
            0 => None,
            count => Some(from[self.dice.roll(count) as usize].clone()),
        }
    }

    fn text(&mut self, depth: u32) -> String {
        let kinds = if depth == 0 { 4 } else { 16 };
        match self.dice.roll(kinds) {
            0 => format!("\"{}\"", ["a", "b", "c"][self.dice.roll(3) as usize]),
            1 if self.dice.roll(6) == 0 => "token".into(),
            1..=3 => {
                let texts = self.texts.clone();
                self.pick(&texts).expect("there is one")
            }
            4 => format!("\"${{{}}}-${{{}}}\"", self.text(depth - 1), self.text(depth - 1)),
            5 | 6 => {
                let (c, a, b) = (self.truth(depth - 1), self.text(depth - 1), self.text(depth - 1));
                format!("(if {c} then {a} else {b})")
            }
            7 => format!("{}.first(\"none\")", self.list(depth - 1)),
            8 => format!("[\"a\", \"b\", \"c\"][{} % 3]", self.number(depth - 1)),
            9 => format!("{}.join(\"+\")", self.list(depth - 1)),
            10 => format!("({}.first() ?? {})", self.list(depth - 1), self.text(depth - 1)),
            11 => format!("{{ x: {}, y: {} }}.x", self.text(depth - 1), self.text(depth - 1)),
            12 => format!("{}.to_string()", self.number(depth - 1)),
            13 => format!("{}[{}]", self.list(depth - 1), self.dice.roll(3)),
            14 => format!("{}.numbered()[{}].item", self.list(depth - 1), self.dice.roll(3)),
            _ => {
                let (a, b, c) = (self.text(0), self.text(depth - 1), self.text(0));
                format!(
                    "[{{ n: {a}, k: \"a\" }}, {{ n: {a}, k: {b} }}, {{ n: {c}, k: \"c\" }}].unique()[{}].n",
                    self.dice.roll(2)
                )
            }
        }
    }

    fn number(&mut self, depth: u32) -> String {
        match self.dice.roll(2) {
            0 => format!("{}.length()", self.text(depth.min(1))),
            _ => format!("{}.length()", self.list(depth.min(1))),
        }
    }

    fn truth(&mut self, depth: u32) -> String {
        let depth = depth.min(1);
        let maybe = self.maybe.clone();
        match self.dice.roll(7) {
            5 => match self.pick(&maybe) {
                Some(step) => format!("({step} == null)"),
                None => "(given == \"a\")".into(),
            },
            6 if self.dice.roll(4) == 0 => "(token.length() > 8)".into(),
            0 => format!("({} == {})", self.text(depth), self.text(0)),
            1 => format!("{}.contains(\"a\")", self.text(depth)),
            2 => format!("({} > 1)", self.number(depth)),
            3 => match self.pick(&maybe) {
                Some(step) => format!("({step} == null)"),
                None => format!("{}.is_empty()", self.list(depth)),
            },
            _ => format!("({}.length() > {})", self.text(depth), self.dice.roll(8)),
        }
    }

    fn list(&mut self, depth: u32) -> String {
        let lists = self.lists.clone();
        match self.dice.roll(if depth == 0 { 3 } else { 11 }) {
            0 => "[\"a\", \"b\", \"c\"]".into(),
            1 | 2 => self.pick(&lists).unwrap_or_else(|| format!("[{}, \"b\"]", self.text(0))),
            3 => {
                let (list, other) = (self.list(depth - 1), self.text(0));
                format!("[x for x in {list} if {other}.contains(x)]")
            }
            4 => {
                let (list, other) = (self.list(depth - 1), self.text(0));
                format!("[x for x in {list} by {other}.contains(x)]")
            }
            5 => format!("{}.take({} % 3)", self.list(depth - 1), self.number(0)),
            6 => format!("{}.chunks({} % 2 + 1)[{}]", self.list(depth - 1), self.number(0), self.dice.roll(2)),
            7 => format!("{}.concat({})", self.list(depth - 1), self.list(0)),
            8 => format!("[{}, {}].flatten()", self.list(depth - 1), self.list(0)),
            9 => format!("{}.unique()", self.list(depth - 1)),
            _ => format!("{}.{}()", self.list(depth - 1), ["reverse", "sort"][self.dice.roll(2) as usize]),
        }
    }

    /// An expression that is often only one name, so that something gets through the rules.
    fn some_text(&mut self) -> String {
        match self.dice.roll(4) {
            0 => self.text(0),
            1 => self.text(1),
            2 => self.text(2),
            _ => format!("(if {} then \"a\" else \"b\")", self.truth(0)),
        }
    }

    fn name(&mut self) -> String {
        self.steps += 1;
        format!("s{}", self.steps)
    }

    fn item(&mut self, out: &mut String) {
        let name = self.name();
        let line = match self.dice.roll(17) {
            0 | 1 => {
                self.texts.extend([format!("{name}.id"), format!("{name}.body"), format!("{name}.body")]);
                self.lists.extend([format!("{name}.tags"), format!("{name}.links")]);
                format!("step {name} = w.note()")
            }
            2 => {
                self.texts.extend([format!("{name}.number"), format!("{name}.body")]);
                self.mails.push(name.clone());
                format!("step {name} = w.mail()")
            }
            3 => {
                let (a, b) = (self.some_text(), self.text(0));
                self.texts.extend([format!("{name}.name"), format!("{name}.text")]);
                format!("step {name} = w.look(name: {a}, words: {b})")
            }
            4 | 5 => {
                let (a, b) = (self.some_text(), self.text(0));
                let mode = if self.dice.roll(3) == 0 { format!(", mode: {}", self.some_text()) } else { String::new() };
                let call = format!("w.put(name: {a}, text: {b}{mode})");
                self.clauses(&name, call)
            }
            6 => {
                let (a, b) = (self.some_text(), self.text(0));
                format!("step {name} = w.edit(parts: [{{ at: {a}, with: {b} }}])")
            }
            7 => {
                let (a, b) = (self.some_text(), self.text(0));
                let key = if self.dice.roll(2) == 0 { format!(", key: {}", self.text(1)) } else { String::new() };
                let call = format!("w.say(to: {a}, text: {b}{key})");
                self.clauses(&name, call)
            }
            8 => {
                let a = self.text(0);
                let b = if self.dice.roll(2) == 0 { "\"${token}+\"".to_owned() } else { self.text(1) };
                self.texts.push(format!("{name}.version"));
                format!("step {name} = w.keep(note: {a}, key: {b})")
            }
            9 => {
                self.texts.push(format!("{name}.code"));
                format!("step {name} = w.run(argv: [\"make\", {}])", self.text(0))
            }
            10 => {
                let file = if self.dice.roll(2) == 0 { "in/f" } else { "in/g" };
                self.texts.push(format!("{name}.text"));
                format!("step {name} = w.load(name: \"{file}\")")
            }
            11 => format!("step {name} = w.save(name: \"in/f\", text: {})", self.text(0)),
            12 => {
                let list = self.list(1);
                let (a, b) = (self.some_text(), self.text(0));
                let at = if self.dice.roll(2) == 0 { "x" } else { &a };
                format!("each e{name} = x in {list} {{\n    step {name} = w.put(name: {at}, text: {b})\n  }}")
            }
            13 => match self.pick(&self.mails.clone()) {
                Some(mail) => {
                    self.texts.extend([format!("{name}.number"), format!("{name}.body")]);
                    format!("let {name} = endorse({mail}, \"seen\")")
                }
                None => {
                    let text = self.some_text();
                    self.texts.push(name.clone());
                    format!("let {name} = {text}")
                }
            },
            14 => {
                let truth = self.truth(1);
                self.maybe.push(name.clone());
                format!("step {name} = w.note() {{\n    expect {truth}\n    on failure continue\n  }}")
            }
            15 => {
                let text = self.text(0);
                self.texts.push(format!("l{name}.text"));
                let save = format!("step {name} = w.save(name: \"in/f\", text: {text})");
                let run = format!("step r{name} = w.run(argv: [\"make\"])");
                format!("{save}\n  {run}\n  step l{name} = w.load(name: \"in/g\")")
            }
            _ => {
                let list = self.list(2);
                self.lists.push(name.clone());
                format!("let {name} = {list}")
            }
        };
        writeln!(out, "  {line}").expect("a string");
    }

    fn clauses(&mut self, name: &str, call: String) -> String {
        match self.dice.roll(5) {
            0 | 1 => {
                let truth = self.truth(1);
                self.maybe.push(name.to_owned());
                format!("step {name} = {call} {{\n    when {truth}\n  }}")
            }
            2 => {
                let truth = self.truth(1);
                format!("step {name} = {call} {{\n    expect {truth}\n    on failure undo\n  }}")
            }
            3 => {
                let truth = self.truth(1);
                self.maybe.push(name.to_owned());
                format!("step {name} = {call} {{\n    expect {truth}\n    on failure continue\n  }}")
            }
            _ => format!("step {name} = {call}"),
        }
    }
}

/// One way that a value takes: where it comes from, what it goes through, where it arrives.
#[derive(Clone, Copy)]
struct Way {
    source: usize,
    turn: usize,
    sink: usize,
}

/// Steps before, and the text that comes of them.
const SOURCES: [(&str, &str); 8] = [
    ("", "note.body"),
    ("", "note.links.first(\"none\")"),
    ("step put = w.put(name: \"a\", text: note.body)\n  step got = w.look(name: \"a\", words: \"\")", "got.text"),
    ("step got = w.look(name: \"a\", words: note.body)", "got.text"),
    (
        "step saved = w.save(name: \"in/f\", text: note.body)\n  step ran = w.run(argv: [\"make\"])\n  step got = w.load(name: \"in/g\")",
        "got.text",
    ),
    ("step letter = w.mail()\n  let seen = endorse(letter, \"seen\")", "seen.body"),
    ("", "token"),
    ("step kept = w.look(name: \"a\", words: token)", "kept.text"),
];

/// Steps before, and what becomes of a text `X`.
const TURNS: [(&str, &str); 21] = [
    ("", "X"),
    ("", "\"${X}-x\""),
    ("", "(if X.length() > 8 then \"a\" else \"b\")"),
    ("", "(if X.contains(\"a\") then \"a\" else \"b\")"),
    ("", "[t for t in [\"a\", \"b\"] if X.contains(t)].first(\"none\")"),
    ("", "[t for t in [\"a\", \"b\"] by X.contains(t)].first(\"none\")"),
    ("", "[\"a\", \"b\", \"c\"][X.length() % 3]"),
    ("", "[\"a\", \"b\", \"c\"].take(X.length() % 3).first(\"none\")"),
    ("", "[t for t in note.tags if X.contains(t)].length().to_string()"),
    ("", "([t for t in [\"a\"] if X.contains(t)].first() ?? \"b\")"),
    ("step seek = w.look(name: Y, words: \"\")", "seek.name"),
    (
        "step maybe = w.note() {\n    expect X.length() > 2\n    on failure continue\n  }",
        "(if maybe == null then \"a\" else \"b\")",
    ),
    ("step maybe = w.note() {\n    when X.contains(\"a\")\n  }", "(maybe?.id ?? \"b\")"),
    ("", "{ x: X, y: \"b\" }.x"),
    ("", "\"a\" + X"),
    ("", "[\"a\", \"b\", \"c\"].chunks(X.length() % 2 + 1)[1][0]"),
    ("", "[\"a\", \"b\", \"c\"].chunks(X.length() % 2 + 1)[0].concat([\"d\", \"e\"])[1]"),
    ("", "[[\"a\", \"b\"].chunks(X.length() % 2 + 1)[0], [\"d\"]].flatten().numbered()[1].item"),
    ("", "[{ n: \"a\", k: \"a\" }, { n: \"a\", k: X }, { n: \"b\", k: \"c\" }].unique()[1].n"),
    ("", "[{ n: \"a\", k: 0 }, { n: \"a\", k: (X.length() - 7) % 2 }, { n: \"b\", k: 9 }].unique().reverse()[1].n"),
    ("step form = w.form()", "(form as (map<string>)).keys()[1]"),
];

/// Where a text `X` arrives.
const SINKS: [&str; 16] = [
    "step sink = w.put(name: X, text: \"\")",
    "step sink = w.put(name: \"s\", text: \"\", mode: X)",
    "step sink = w.edit(parts: [{ at: X, with: \"\" }])",
    "step sink = w.say(to: X, text: \"\")",
    "step sink = w.say(to: \"s\", text: X)",
    "step sink = w.say(to: \"s\", text: \"\", key: X)",
    "step sink = w.keep(note: X, key: \"\")",
    "step sink = w.keep(note: \"\", key: X)",
    "step sink = w.run(argv: [\"make\", X])",
    "step sink = w.put(name: \"s\", text: \"\") {\n    when X.length() > 8\n  }",
    "step sink = w.say(to: \"s\", text: \"\") {\n    when X.length() > 8\n  }",
    "step sink = w.put(name: \"s\", text: \"\") {\n    expect X.contains(\"a\")\n    on failure undo\n  }",
    "each sinks = t in [t for t in [\"a\", \"b\"] if X.contains(t)] {\n    step sink = w.put(name: \"s\", text: t)\n  }",
    "each sinks = t in [\"a\", \"b\"].take(X.length() % 3) {\n    step sink = w.say(to: \"s\", text: \"\")\n  }",
    "each sinks = t in [{ n: \"a\", k: 7 }, { n: \"a\", k: X.length() }, { n: \"b\", k: 99 }].unique() {\n    step sink = w.put(name: t.n, text: \"\")\n  }",
    "",
];

impl Way {
    /// All ways in turn, again from the first when they are over; steps of a size without a factor in common mix them.
    fn number(number: u64) -> Way {
        let all = (SOURCES.len() * TURNS.len() * SINKS.len()) as u64;
        let at = (number * 1009 % all) as usize;
        let (sink, rest) = (at % SINKS.len(), at / SINKS.len());
        Way { source: rest % SOURCES.len(), turn: rest / SOURCES.len(), sink }
    }

    fn plan(self) -> String {
        let (before, source) = SOURCES[self.source];
        let (between, turn) = TURNS[self.turn];
        // A name that is looked for is chosen: outside text may not name a resource.
        let chosen = format!("(if {source}.contains(\"a\") then \"a\" else \"b\")");
        let between = between.replace('X', source).replace('Y', &chosen);
        let sink = SINKS[self.sink].replace('X', "way");
        let line = if sink.is_empty() { "    modify way\n" } else { "" };
        let turn = turn.replace('X', source);
        format!(
            "plan \"p\" {{\n  critical {{\n    modify \"in/*\"\n{line}  }}\n  input given: string\n  input token: string secret\n  \
             step note = w.note()\n  {before}\n  {between}\n  let way = {turn}\n  {sink}\n}}\n"
        )
    }
}

/// What happens in a run of a plan.
#[derive(Debug, Default, PartialEq)]
struct Trace {
    /// The arguments of each call that can act, by step and number.
    calls: BTreeMap<(usize, usize), Vec<Value>>,
    /// How many elements blocks have.
    counts: BTreeMap<usize, usize>,
    /// What a person agreed to.
    endorsed: Vec<Value>,
    /// What lines of `critical` are about.
    critical: Vec<Value>,
    /// The step that took the run back.
    undone: Option<usize>,
    /// Whether it came to an end without a failure.
    ended: bool,
}

/// A world: what everybody says is a matter of these seeds.
struct World<'p> {
    plan: &'p Plan,
    attacker: Dice,
    cells: BTreeMap<String, String>,
    files: BTreeMap<String, String>,
    trace: Trace,
}

fn run(plan: &Plan, attacker: u64, secret: u64) -> Trace {
    let token = format!("SECRET{}", "s".repeat(secret as usize % 5));
    let mut env = Env::new(plan, vec![Value::string("given"), Value::string(token)]);
    let mut world = World {
        plan,
        attacker: Dice::new(attacker),
        cells: BTreeMap::new(),
        files: BTreeMap::new(),
        trace: Trace::default(),
    };
    world.trace.ended = world.units(&mut env).is_some();
    world.trace
}

impl World<'_> {
    fn units(&mut self, env: &mut Env<'_>) -> Option<()> {
        let plan = self.plan;
        for unit in plan.units() {
            match unit {
                Unit::Step(step) => self.step(Instance { step, element: None }, env)?,
                Unit::Each(each) => {
                    let block = plan.each(each);
                    let list = eval(&block.list, env, &mut NoCalls).ok()?;
                    let items = list.as_list()?.to_vec();
                    self.trace.counts.insert(each.index(), items.len());
                    let mut results = Vec::new();
                    for (element, item) in items.into_iter().enumerate() {
                        env.enter(each, item);
                        for step in plan.steps_of(each) {
                            self.step(Instance { step, element: Some(element as u32) }, env)?;
                        }
                        results.push(eval(&block.result, env, &mut NoCalls).ok()?);
                    }
                    env.leave(each);
                    env.set_each(each, Value::list(results));
                }
            }
        }
        for defined in &plan.lets {
            let Some(release) = &defined.release else { continue };
            if release.kind == ReleaseKind::Endorse {
                let value = eval(&defined.value, env, &mut NoCalls).ok()?;
                // What is content stays outside text, whoever has looked at the rest.
                self.trace.endorsed.push(value.get("number").cloned().unwrap_or(value));
            }
        }
        for line in &plan.critical {
            if let CriticalScope::Value(value) = &line.scope {
                self.trace.critical.push(eval(value, env, &mut NoCalls).ok()?);
            }
        }
        Some(())
    }

    fn step(&mut self, instance: Instance, env: &mut Env<'_>) -> Option<()> {
        let step = self.plan.get(instance.step);
        if let Some(when) = &step.when
            && !eval(when, env, &mut NoCalls).ok()?.as_bool()?
        {
            env.set_step(instance.step, Value::Null);
            return Some(());
        }
        let args = eval_args(&step.call, env, &mut NoCalls).ok()?;
        if !step.is_read_only() {
            let at = (instance.step.index(), instance.element.unwrap_or(0) as usize);
            self.trace.calls.insert(at, args.clone());
        }
        let result = self.call(&step.call, &args);
        env.set_step(instance.step, result);
        for expect in &step.expect {
            if eval(expect, env, &mut NoCalls).ok()?.as_bool()? {
                continue;
            }
            match step.on_failure {
                OnFailure::Continue => {
                    env.set_step(instance.step, Value::Null);
                    return Some(());
                }
                OnFailure::Undo => {
                    self.trace.undone = Some(instance.step.index());
                    return None;
                }
                OnFailure::Stop => return None,
            }
        }
        Some(())
    }

    /// What the attacker says.
    fn said(&mut self) -> String {
        let word = ["a", "b", "c", "ab", "ATK", "ATK-a", "", "cATKcATK"][self.attacker.roll(8) as usize];
        word.to_owned()
    }

    fn call(&mut self, call: &Call, args: &[Value]) -> Value {
        let text = |index: usize| args[index].as_str().unwrap_or_default().to_owned();
        let string = |text: &str| Value::string(text);
        match call.tool.name.as_str() {
            "w.note" => {
                let links: Vec<Value> = (0..self.attacker.roll(4)).map(|_| Value::string(self.said())).collect();
                let tags = ["a", "b"].map(Value::string);
                Value::record([
                    ("id", string("id")),
                    ("body", Value::string(self.said())),
                    ("tags", Value::list(tags)),
                    ("links", Value::list(links)),
                ])
            }
            "w.form" => {
                let fields = ["a", "b"].into_iter().filter(|_| self.attacker.roll(2) == 0).collect::<Vec<_>>();
                let fields = fields.into_iter().map(|name| (name, Value::string(self.said())));
                Value::record(fields.chain([("id", string("id"))]).collect::<Vec<_>>())
            }
            // What a person may endorse says nothing that only an attacker would, or it would be taken for a forgery.
            "w.mail" => {
                let number = ["a", "b", "c", "ab"][self.attacker.roll(4) as usize];
                Value::record([("number", string(number)), ("body", Value::string(self.said()))])
            }
            "w.look" => {
                let held = self.cells.get(&text(0)).cloned().unwrap_or_else(|| "held".into());
                Value::record([("name", args[0].clone()), ("text", Value::string(format!("{held}{}", text(1))))])
            }
            "w.put" => {
                self.cells.insert(text(0), text(1));
                let size = i64::try_from(text(1).len()).expect("a short text");
                Value::record([("name", args[0].clone()), ("size", Value::Int(size))])
            }
            "w.keep" => Value::record([("version", string("v1"))]),
            "w.run" => {
                let mut all: String = self.files.values().cloned().collect();
                all.push_str(&args[0].to_string());
                for file in ["in/f", "in/g"] {
                    self.files.insert(file.into(), all.clone());
                }
                Value::record([("code", Value::string(all))])
            }
            "w.load" => {
                let held = self.files.get(&text(0)).cloned().unwrap_or_else(|| "file".into());
                Value::record([("text", Value::string(held))])
            }
            "w.save" => {
                self.files.insert(text(0), text(1));
                Value::Null
            }
            _ => Value::Null,
        }
    }
}

/// A plan as it is checked by some rules.
struct Judged {
    plan: Plan,
    labels: Labels,
}

struct Bench {
    sources: Sources,
    catalogue: Catalogue,
}

impl Bench {
    fn new() -> Bench {
        let mut sources = Sources::default();
        let indices = [add_builtin(&mut sources), sources.add("tools.pl", TOOLS)];
        let (catalogue, problems) = load_catalogue(&sources, &indices);
        assert!(problems.is_empty(), "{problems:#?}");
        Bench { sources, catalogue }
    }

    /// A plan without a mistake but for its flows.
    fn typed(&self, text: &str) -> Option<Plan> {
        let mut sources = self.sources.clone();
        let index = sources.add("plan.pl", text);
        let report = Diagnostics::default();
        let file = parse(&sources, index, &report);
        check(&file, &self.catalogue, &report).filter(|_| !report.has_errors())
    }
}

/// A typed plan without a mistake by these rules.
fn judged(plan: &Plan, rules: Rules) -> Option<Judged> {
    let report = Diagnostics::default();
    let labels = check_by(plan, rules, None, &report);
    (!report.has_errors()).then(|| Judged { plan: plan.clone(), labels })
}

/// Whether a value has anything of what an attacker says alone.
fn is_forged(value: &Value) -> bool {
    value.to_string().contains("ATK")
}

/// Of an argument what decides.
fn control(call: &Call, index: usize, value: &Value) -> Option<Value> {
    match (call.tool.name.as_str(), call.tool.params[index].name.as_str()) {
        ("w.put" | "w.save" | "w.say", "text") | ("w.keep", "note") | ("w.look", "words") => None,
        ("w.edit", _) => Some(Value::list(value.as_list()?.iter().filter_map(|part| part.get("at").cloned()))),
        _ => Some(value.clone()),
    }
}

impl Judged {
    fn integrity(&self, expr: &Expr) -> Integrity {
        self.labels.of_expr(&self.plan, expr).integrity
    }

    /// Whether a step is called in every world: unless outside text has chosen, which the plan says and the approver sees.
    fn is_certain(&self, step: StepId) -> bool {
        self.plan.get(step).when.as_ref().is_none_or(|when| self.integrity(when) != Integrity::Chosen)
    }

    /// What an attacker brought about: what differs between two worlds though it must not.
    fn attacked(&self, seed: u64) -> Option<String> {
        let (a, b) = (run(&self.plan, seed, 1), run(&self.plan, seed + 7919, 1));
        let chosen = |step: &usize| {
            let expects = &self.plan.get(StepId::new(*step)).expect;
            expects.iter().any(|expect| self.integrity(expect) == Integrity::Chosen)
        };
        let undone = a.undone.or(b.undone).filter(|step| !chosen(step));
        if undone.is_some() && a.undone != b.undone && [&a, &b].into_iter().any(|trace| trace.ended) {
            return Some(format!("one run is taken back: {:?} {:?}", a.undone, b.undone));
        }
        if !a.ended || !b.ended || a.endorsed != b.endorsed {
            return None;
        }
        if a.counts.iter().any(|(each, count)| {
            let acts = self
                .plan
                .steps_of(planc_lang::plan::EachId::new(*each))
                .any(|step| !self.plan.get(step).is_read_only());
            acts && b.counts.get(each) != Some(count)
        }) {
            return Some(format!("blocks have other elements: {:?} {:?}", a.counts, b.counts));
        }
        for (index, (ours, theirs)) in a.critical.iter().zip(&b.critical).enumerate() {
            let values = self.plan.critical.iter().filter_map(|line| match &line.scope {
                CriticalScope::Value(value) => Some(value),
                CriticalScope::Text(_) => None,
            });
            let is_trusted = values.map(|value| self.integrity(value)).nth(index) == Some(Integrity::Trusted);
            if is_forged(ours) || (is_trusted && ours != theirs) {
                return Some(format!("`critical` allows something else: {ours} {theirs}"));
            }
        }
        for (at, args) in &a.calls {
            let step = self.plan.get(StepId::new(at.0));
            let Some(others) = b.calls.get(at) else {
                if self.is_certain(StepId::new(at.0)) {
                    return Some(format!("`{}` is called in one world only", step.name));
                }
                continue;
            };
            for (index, (ours, theirs)) in args.iter().zip(others).enumerate() {
                let Some(arg) = &step.call.args[index] else { continue };
                let (ours, theirs) = (control(&step.call, index, ours), control(&step.call, index, theirs));
                let Some(ours) = ours else { continue };
                let exact = step.call.tool.params[index].name == "mode";
                let same = exact || self.integrity(arg) == Integrity::Trusted;
                if is_forged(&ours) || (same && Some(&ours) != theirs.as_ref()) {
                    return Some(format!("`{}` is called with {ours} and {theirs:?}", step.name));
                }
            }
        }
        None
    }

    /// What somebody could learn of a secret.
    fn spied(&self, seed: u64) -> Option<String> {
        let (a, b) = (run(&self.plan, seed, 1), run(&self.plan, seed, 3));
        if !a.ended || !b.ended {
            return None;
        }
        for (at, args) in &a.calls {
            let step = self.plan.get(StepId::new(at.0));
            let sends = step.call.tool.name == "w.say";
            let others = b.calls.get(at);
            if sends && others.is_none() {
                return Some(format!("`{}` is called for some secrets only", step.name));
            }
            for (index, (ours, theirs)) in args.iter().zip(others.into_iter().flatten()).enumerate() {
                let takes = !sends && step.call.tool.params[index].name == "key";
                if !takes && ours != theirs {
                    return Some(format!("`{}` is told {ours} or {theirs}", step.name));
                }
            }
        }
        None
    }

    fn broken(&self, seed: u64) -> Option<String> {
        (0..PAIRS).find_map(|pair| {
            let seed = seed * 31 + pair * 2 + 1;
            self.attacked(seed).or_else(|| self.spied(seed))
        })
    }
}

#[test]
fn no_attack_succeeds() {
    let bench = Bench::new();
    let (mut checked, mut secret, mut chosen) = (0, 0, 0);
    for seed in 1..=PLANS {
        let text = Author::plan(seed);
        let Some(judged) = bench.typed(&text).and_then(|plan| judged(&plan, Rules::ALL)) else { continue };
        checked += 1;
        let exprs = judged.plan.steps.iter().flat_map(|step| step.call.args.iter().flatten());
        let labels: Vec<_> = exprs.map(|expr| judged.labels.of_expr(&judged.plan, expr)).collect();
        chosen += usize::from(labels.iter().any(|label| label.integrity > Integrity::Trusted));
        secret += usize::from(labels.iter().any(|label| label.secrecy == Secrecy::Secret));
        if let Some(how) = judged.broken(seed) {
            panic!("{how}\n{text}");
        }
    }
    // Plans that the rules refuse, or that have nothing from outside, would show nothing.
    assert!(checked > PLANS / 6 && chosen > 100 && secret > 50, "{checked} checked, {chosen} chosen, {secret} secret");
}

#[test]
fn every_rule_that_is_taken_away_is_missed() {
    let bench = Bench::new();
    let mut open: Vec<Rule> = Rule::ALL.to_vec();
    let mut found = Vec::new();
    for seed in 1..=TRIES {
        if open.is_empty() {
            break;
        }
        let Some(plan) = bench.typed(&Author::plan(seed)) else { continue };
        open.retain(|rule| {
            let broken = judged(&plan, Rules::without(*rule)).is_some_and(|judged| judged.broken(seed).is_some());
            if broken {
                found.push((*rule, seed));
            }
            !broken
        });
    }
    println!("first plan that breaks the promise without each rule: {found:?}");
    assert!(open.is_empty(), "no attack succeeds without {open:?}");
}
