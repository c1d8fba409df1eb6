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
