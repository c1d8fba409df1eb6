//! Two plans that do different things do not look alike, and nothing that an author writes looks like what planc says.

use crate::place::Place;

const FORMS: [&str; 3] = ["text", "markdown", "html"];

/// The card of a plan without what is different of any two plans.
fn card(place: &Place, plan: &str, form: &str) -> String {
    place.put("p.pl", plan);
    let out = place.planc(&["--format", form, "plan", "p.pl"]).exits(0).out;
    let is_digest = |word: &str| word.len() >= 12 && word.chars().all(|c| c.is_ascii_hexdigit());
    let words = out.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| is_digest(word));
    words.fold(out.clone(), |out, word| out.replace(word, "DIGEST"))
}

/// A plan that writes a content, which its call shows shortened.
fn writes(text: &str) -> String {
    let text = format!("# so long that the call does not show what follows here\n{text}");
    let text: String = text.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect();
    format!(
        "plan \"p\" {{\n  critical {{\n    create \"a\"\n  }}\n  step a = fs.write(path: \"a\", text: \"{text}\")\n}}\n"
    )
}

#[test]
fn contents_that_are_different_look_different() {
    let place = Place::new();
    let contents = [
        "cat <<-E\n    E\n",
        "cat <<-E\n\tE \n",
        "cat <<-E\n\t E\n",
        "cat <<-E\n⇥   E\n",
        "cat <<-E\n\tE·\n",
        "a \\   \nb\n",
        "a \\ · \nb\n",
        "a \\ ··\nb\n",
        "a\u{200b}b4567890\n",
        "a\\u{200b}b90\n",
        "é123456789\n",
        "e\u{301}12345678\n",
        "a\r+b45678901\n",
        "a\n+b45678901\n",
        "a  b45678\n\n\n\n",
        "a\u{3000}b456\n\n\n\n",
    ];
    for form in FORMS {
        let cards: Vec<String> = contents.iter().map(|text| card(&place, &writes(text), form)).collect();
        for (index, one) in cards.iter().enumerate() {
            let bytes = |card: &str| card.split("DIGEST").collect::<String>();
            let same = cards[..index].iter().position(|other| bytes(other) == bytes(one));
            assert_eq!(same.map(|at| contents[at]), None, "{form}: {:?}\n{one}", contents[index]);
        }
    }
    let shown = card(&place, &writes("cat <<-E\n\tE  "), "text");
    assert!(shown.contains("\n        +⇥   E··\n        \\ No newline at end of file\n"), "{shown}");
}

#[test]
fn a_diff_has_no_lines_but_those_of_the_file() {
    let place = Place::new();
    place.put("a", "one\rtwo\r");
    let plan = "plan \"p\" {\n  critical {\n    modify \"a\"\n  }\n  step a = fs.append(path: \"a\", text: \"x\\r- y\\r\")\n}\n";
    let shown = card(&place, plan, "text");
    assert!(shown.contains("        +one\\u{d}two\\u{d}x\\u{d}- y\\u{d}\n        \\ No newline"), "{shown}");
}

#[test]
fn no_words_of_the_author_begin_a_line() {
    let place = Place::new();
    let said = "cannot_be_undone ".repeat(40);
    let said = said.trim_end();
    let plan = format!(
        r#"plan "p" {{
  rationale "{said}"
  context "{said}\n\n  {said}\n"
  assume "{said}" {{ 1 == 1 }}
  assume "{said} too"
  critical {{
    create "a"  "{said}"
    run "sh -c"  "{said}"
  }}
  step a = fs.write(path: "a", text: "x\n{said}\n") {{ because "{said}" }}
  step b = process.run(argv: ["sh", "-c", "true {said}"]) {{ because "{said}" }}
  verify "{said}" {{ 1 == 1 }}
  verify "{said} too"
  output o = "{said}"
}}
"#
    );
    let shown = card(&place, &plan, "text");
    let begins = |line: &&str| line.trim_start().starts_with("cannot_be_undone");
    assert_eq!(shown.lines().find(begins), None, "{shown}");
    assert!(shown.lines().all(|line| line.chars().count() <= 110), "{shown}");
    let shown = card(&place, &plan, "markdown");
    assert_eq!(shown.lines().find(begins), None, "{shown}");
    assert!(shown.lines().any(|line| line.starts_with("> cannot")), "{shown}");
    let shown = card(&place, &plan, "html");
    let free = shown.match_indices("cannot_be_undone cannot").filter(|(at, _)| shown[..*at].ends_with("<div>")).count();
    assert_eq!(free, 0, "{shown}");
    assert!(shown.contains("<span class=\"said\">cannot_be_undone"), "{shown}");
    // The signs are planc's.
    let plan = plan.replace("cannot_be_undone", "│x ┊");
    let shown = card(&place, &plan, "text");
    let forged = shown.lines().find(|line| ["│x", "┊ ┊"].iter().any(|sign| line.trim_start().starts_with(sign)));
    assert_eq!(forged, None, "{shown}");
}

#[test]
fn a_line_that_goes_on_hides_no_blanks_and_ends_no_word() {
    let place = Place::new();
    let plan = |between: &str| {
        let long = "x".repeat(58);
        format!(
            "plan \"p\" {{\n  critical {{\n    run \"sh\"\n  }}\n  \
             step b = process.run(argv: [\"sh\", \"{long}{between}yyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\"])\n}}\n"
        )
    };
    let cards: Vec<String> =
        ["", " ", "  ", "   "].iter().map(|between| card(&place, &plan(between), "text")).collect();
    let unlike: std::collections::BTreeSet<String> = cards.iter().map(|card| card.replace('x', "")).collect();
    assert_eq!(unlike.len(), 4, "{cards:#?}");
}

#[test]
fn letters_from_right_to_left_turn_nothing_around_them() {
    let place = Place::new();
    place.put("pay", "#!/bin/sh\n");
    let plan = r#"plan "Pay א 1 2" {
  rationale "א 1 2"
  critical {
    run "./pay"  "א 1 2"
    create "א.txt"
  }
  step w = fs.write(path: "א.txt", text: "א 1 2\nعربي 3 4\n")
  step a = process.run(argv: ["./pay", "--account", "א", "100", "9000"]) { because "א 1 2" }
}
"#;
    place.put("p.pl", plan);
    for form in FORMS {
        let shown = place.planc(&["--format", form, "plan", "p.pl"]).exits(0).out;
        let alone = shown.matches("\u{2068}א\u{2069}").count();
        assert_eq!(alone, shown.matches('א').count(), "{form}: {shown}");
        assert!(alone > 6 && shown.contains("\u{2068}عربي\u{2069}"), "{form}: {shown}");
        assert!(!shown.contains("2068}"), "{form}: {shown}");
    }
}

#[test]
fn names_of_fields_are_not_taken_for_fields() {
    let place = Place::new();
    let plan = |text: &str| format!("plan \"p\" {{\n  output o = {text}\n}}\n");
    place.put("p.json", "{}");
    let one = plan(r#""{\"a\": 1, \"b\": 2}".parse_json()"#);
    let two = plan(r#""{\"a: 1, b\": 2   }".parse_json()"#);
    for form in FORMS {
        place.put("p.pl", &one);
        let (first, second) = (place.planc(&["--format", form, "plan", "p.pl"]), {
            place.put("p.pl", &two);
            place.planc(&["--format", form, "plan", "p.pl"])
        });
        if first.code == Some(0) {
            assert!(first.out.contains("{ a: 1, b: 2 }"), "{}", first.short());
            assert!(!second.out.contains("{ a: 1, b: 2 }"), "{}", second.short());
        }
    }
}

/// How long a step may take decides what comes after it; a content that is no text has a digest; what is read is no matter of names.
#[test]
fn what_decides_is_on_every_card() {
    let place = Place::new();
    let plan = |steps: &str| {
        format!(
            "plan \"p\" {{\n  critical {{\n    create \"b\"\n    run \"make\"\n    read \"**\"\n  }}\n  {steps}\n}}\n"
        )
    };
    let run = |more: &str| plan(&format!("step a = process.run(argv: [\"make\", \"t\"]) {{\n    {more}\n  }}"));
    let copy = plan("step a = fs.copy(from: \"odd\", to: \"b\")");
    let reads = |path: &str| {
        let more: Vec<String> = (0..4).map(|number| format!("step r{number} = fs.read(path: \"{number}\")")).collect();
        plan(&format!("{}\n  step r = fs.read(path: \"{path}\")", more.join("\n  ")))
    };
    for name in ["0", "1", "2", "3", "plain", ".env"] {
        place.put(name, "x\n");
    }
    for form in FORMS {
        assert_ne!(card(&place, &run("timeout 5s"), form), card(&place, &run("timeout 5h"), form), "{form}");
        let fails = |timeout: &str| run(&format!("timeout {timeout}\n    on failure continue"));
        assert_ne!(card(&place, &fails("5s"), form), card(&place, &fails("5h"), form), "{form}");
        assert!(card(&place, &run("timeout 5s"), form).contains("at most 5 s"), "{form}");
        for content in [&b"a\xff"[..], b"b\xff"] {
            place.put("odd", content).put("p.pl", &copy);
            let digest = planc_lang::digest::Digest::of(content).to_string();
            let said = place.planc(&["--format", form, "plan", "p.pl"]).exits(0);
            assert!(said.out.replace(['┊', ' ', '\n'], "").contains(&digest), "{form}: {}", said.out);
        }
        assert_ne!(card(&place, &reads("plain"), form), card(&place, &reads(".env"), form), "{form}");
        // Of what only reads, too.
        let when = |number: u8| {
            plan(&format!(
                "step a = fs.read(path: \"0\")\n  step r = fs.read(path: \"1\") {{\n    when a.text != \"{number}\"\n  }}"
            ))
        };
        let shown = card(&place, &when(1), form);
        assert!(shown.contains("only when"), "{form}: {shown}");
        assert_ne!(shown, card(&place, &when(2), form), "{form}");
    }
}

/// What a renderer of Markdown makes of text that nothing marks.
#[test]
fn nothing_in_markdown_becomes_a_link_or_a_picture() {
    let place = Place::new();
    let plan = "plan \"www.evil.example :lock: Www.evil.example\" {\n  context \"\"\"\n    [approve here](https://evil.example) &#8238; ![x](y)\n    \"\"\"\n  \
                step a = fs.stat(path: \"a\")\n}\n";
    let shown = card(&place, plan, "markdown");
    assert!(shown.contains("www&#8203;.evil.example :&#8203;lock:"), "{shown}");
    assert!(shown.contains("Www&#8203;.evil"), "{shown}");
    assert!(shown.contains("> \\[approve here](https://evil.example) &amp;#8238; \\!\\[x](y)"), "{shown}");
}

/// Elements that do the same are told by what they read and change in the order in which they do it.
#[test]
fn what_is_told_of_elements_is_in_their_order() {
    let place = Place::new();
    let names = ["a", "b", "c", "d", "e", "f", "g"];
    for name in names {
        place.put(&format!("in/{name}"), "x\n");
    }
    let plan = "plan \"p\" {\n  critical {\n    create \"out/*\"\n  }\n  step all = fs.glob(pattern: \"in/*\")\n  each it = path in all.paths {\n    \
                step r = fs.read(path: path)\n    step w = fs.write(path: path.replace(\"in/\", \"out/\"), text: r.text)\n  }\n}\n";
    let shown = card(&place, plan, "text");
    assert!(shown.contains(": in/c + out/c, in/d + out/d"), "{shown}");
}
