//! Outside text that wants to decide: through failures, counts, orders, sizes, names and the words of other clauses.

use crate::place::Place;

/// Each decides something by what a page says; nothing of it checks.
const LAUNDRY: [(&str, &str); 17] = [
    (
        "a failure that is gone on from",
        "step e = fs.stat(path: \"a\") {\n    expect page.body == \"x\"\n    on failure continue\n  }\n  step w = fs.write(path: \"out/a\", text: \"x\") {\n    when e != null\n  }",
    ),
    (
        "the exit of a program",
        "step e = process.run(argv: [\"git\", \"x\"]) {\n    on failure continue\n  }\n  step w = fs.write(path: \"out/a\", text: \"x\") {\n    when e != null\n  }",
    ),
    (
        "how many are left",
        "let kept = [l for l in [\"a\", \"b\"] if page.body.contains(l)]\n  step w = fs.write(path: \"out/${kept.length()}\", text: \"x\")",
    ),
    (
        "the size of a file",
        "step s = fs.write(path: \"out/x\", text: page.body)\n  step t = fs.stat(path: \"out/x\")\n  step w = fs.write(path: \"out/n${t.bytes}\", text: \"x\")",
    ),
    (
        "how much an edit made",
        "step s = fs.edit(path: \"out/x\", edits: [{ find: \"a\", replace: page.body }])\n  step w = fs.write(path: \"out/${s.bytes}\", text: \"x\")",
    ),
    (
        "how often it is found",
        "step s = fs.search(pattern: page.body, files: \"docs/**\")\n  step w = fs.write(path: \"out/${s.matches.length()}\", text: \"x\")",
    ),
    (
        "where it is found",
        "step s = fs.search(pattern: page.body, files: \"docs/**\")\n  step w = fs.write(path: \"out/${s.matches[0].path.name()}\", text: \"x\")",
    ),
    (
        "what takes back",
        "step s = process.run(argv: [\"git\", \"x\"]) {\n    undo process.run(argv: [\"git\", page.body])\n  }",
    ),
    (
        "where it is taken back",
        "step s = process.run(argv: [\"git\", \"x\"]) {\n    undo fs.write(path: \"out/${s.stdout}\", text: \"\")\n  }",
    ),
    ("a gate that was passed", "gate \"ok?\" show page\n  step w = fs.write(path: \"out/${page.body}\", text: \"x\")"),
    ("a variable", "step s = process.run(argv: [\"git\", \"x\"], env: [{ name: \"GIT_DIR\", value: page.body }])"),
    ("the input of a program", "step s = process.run(argv: [\"git\", \"x\"], stdin: page.body)"),
    ("how much output is kept", "step s = process.run(argv: [\"git\", \"x\"], max_output_bytes: page.body.length())"),
    (
        "what a check asks",
        "verify \"v\" {\n    step v = http.get(url: \"https://x.example/${page.body}\")\n    v.status == 200\n  }",
    ),
    ("which file is deleted", "step s = fs.delete(path: \"out/a\", recursive: page.body == \"\")"),
    ("what is copied", "step s = fs.copy(from: page.body, to: \"out/a\")"),
    ("what it is asked for next", "step s = http.get(url: \"https://x.example/${page.body}\")"),
];

#[test]
fn outside_text_decides_nothing_on_the_way_around() {
    let place = Place::new();
    for (what, steps) in LAUNDRY {
        place.put(
            "a.pl",
            format!("plan \"t\" {{\n  critical {{\n    create  \"out/**\"\n    modify  \"out/**\"\n    delete  \"out/**\"\n    run     \"git\"\n    contact \"x.example\"\n  }}\n  step page = http.get(url: \"https://x.example/\")\n  {steps}\n}}\n"),
        );
        let said = place.planc(&["check", "a.pl"]).exits(1);
        assert!(
            said.out.contains("[P0701]") || said.out.contains("[P0702]") || said.out.contains("[P0703]"),
            "{what}: {}",
            said.short()
        );
    }
}
