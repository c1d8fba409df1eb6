//! What decides where an item of a list stands has chosen it, whatever functions the list went through.

mod common;

use common::{check, compilation, files, read};
use planc_lang::diagnostic::Severity;
use std::path::Path;

/// The codes of the errors of a plan that has these items: a page from outside, a list whose length outside text decides, a
/// secret, and a known list.
fn codes(items: &str) -> Vec<String> {
    let text = format!(
        "plan \"p\" {{
  critical {{
    contact \"days.example\"
    create  \"out/**\"
    delete  \"old/**\"
  }}
  input token: string secret
  step page = http.get(url: \"https://days.example/\")
  let n = page.body.length()
  let some = [x for x in [false, false, true] if page.body == \"\"]
  let letters = [\"a\", \"b\", \"c\"]
  {items}
}}
"
    );
    let errors = check(&text).diagnostics.into_iter().filter(|found| found.severity() == Severity::Error);
    errors.map(|found| format!("P{:04}", found.code as u16)).collect()
}

/// The same of a plan that deletes all beneath where an expression says so.
fn of_exact(expr: &str) -> Vec<String> {
    codes(&format!("step gone = fs.delete(path: \"old/a\", recursive: {expr})"))
}

#[test]
fn outside_text_chooses_what_it_moves() {
    for expr in [
        "[false, false, true].chunks(n)[1][0]",
        "[false, false, true].chunks(n)[0].concat([false, true])[2]",
        "[false, false, true].chunks(n)[0].concat([false, true]).numbered()[2].item",
        "[false, false, true].chunks(n)[0].concat([true, false]).reverse()[1]",
        "[false, false, true].chunks(n)[0].zip([true, false])[1].first",
        "[false, false, true].chunks(n).flatten()[2]",
        "[[false, false, true].chunks(n)[0], [true]].flatten()[1]",
        "[some, [true]].flatten()[1]",
        "some.concat([true])[1]",
        "[{ n: false, k: \"1\" }, { n: false, k: page.body }, { n: true, k: \"x\" }].unique()[1].n",
        "[{ n: false, k: \"1\" }, { n: true, k: page.body }].group(\"k\")[0].items[0].n",
        "[e.n for e in [{ n: false, k: page.body }, { n: true, k: \"x\" }].unique()][1]",
        "[e.item for e in [false, false, true].chunks(n)[0].concat([true]).numbered() if e.index == 1].first(\"no\")",
        "[[false], [true]].chunks(n)[0][0][0]",
    ] {
        assert_eq!(of_exact(expr), ["P0703"], "{expr}");
    }
}

#[test]
fn what_the_text_of_the_plan_places_stays_where_it_is() {
    for expr in [
        "[false, false, true][2]",
        "[[false], [true]].flatten()[1]",
        "[false, true, false].chunks(2)[1][0]",
        "[false].concat([true]).reverse()[0]",
        "[false, true, true].unique()[1]",
        "letters.numbered()[1].index == 1",
    ] {
        assert_eq!(of_exact(expr), [] as [&str; 0], "{expr}");
    }
}

#[test]
fn a_block_has_as_many_elements_as_the_text_says() {
    let block = |list: &str| {
        codes(&format!("each all = x in {list} {{\n    step a = fs.write(path: \"out/${{x}}\", text: \"\")\n  }}"))
    };
    assert_eq!(block("[[\"a\"], [\"a\"], [\"a\", \"b\", \"c\"]].chunks(n)[1][0]"), ["P0702"]);
    assert_eq!(block("[[\"a\"], [\"a\"], [\"a\", \"b\", \"c\"]].chunks(2)[1][0]"), [] as [&str; 0]);
}

#[test]
fn a_secret_that_decides_where_something_stands_is_in_it() {
    let position = "let c0 = token.slice(0, 1)
  let n0 = [e.index for e in letters.numbered() if e.item == c0].first(\"no\") + 1
  let table = [\"-\"].concat(letters)";
    let write = |value: &str| codes(&format!("{position}\n  step a = fs.write(path: \"out/a\", text: {value})"));
    assert_eq!(write("table.chunks(n0)[1][0]"), ["P0704"]);
    assert_eq!(write("table.chunks(2)[1][0]"), [] as [&str; 0]);
    let rows = "[{ n: \"a\", k: \"s\" }, { n: \"b\", k: c0 }, { n: \"b\", k: \"s\" }, { n: \"c\", k: \"t\" }].unique()";
    let block =
        format!("{position}\n  each all = row in {rows} {{\n    step a = fs.write(path: \"out/a\", text: row.n)\n  }}");
    assert_eq!(codes(&block), ["P0704"]);
}

#[test]
fn the_examples_are_plans() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples");
    let plans = files(&folder, "pl");
    assert!(plans.len() > 10, "{plans:?}");
    for path in plans {
        let found = compilation(&read(&path), &[]);
        assert!(found.compiled.is_some(), "{}: {:#?}", path.display(), found.diagnostics);
    }
}

#[test]
fn the_keys_of_a_map_are_decided_by_who_decides_the_fields() {
    const FORMS: &str = "catalogue forms {
  tool last() -> { trusted id: string, a?: string, b?: string } {
    reads \"forms:last\"
  }
}
";
    let found = |value: &str| {
        let text = format!(
            "plan \"p\" {{
  critical {{
    create \"out/**\"
  }}
  step form = forms.last()
  let keys = ({value} as (map<string>)).keys()
  step a = fs.write(path: \"out/${{keys[0]}}-${{keys.length()}}\", text: \"\")
}}
"
        );
        let errors = compilation(&text, &[FORMS]).diagnostics.into_iter();
        let errors = errors.filter(|found| found.severity() == Severity::Error);
        errors.map(|found| format!("P{:04}", found.code as u16)).collect::<Vec<_>>()
    };
    assert_eq!(found("form"), ["P0701"]);
    assert_eq!(found("{ x: form.a ?? \"\", y: \"\" }"), [] as [&str; 0]);
}

#[test]
fn content_with_exact_places_has_none_but_those_that_the_text_says() {
    const DESK: &str = "catalogue desk {
  tool mails() -> [{ trusted id: string, body: string }] {
    reads \"desk:mails\"
  }
  tool edit(data parts: [{ exact at: string, with: string }]) {
    writes \"desk:all\"
  }
}
";
    let found = |list: &str| {
        let text = format!(
            "plan \"p\" {{
  critical {{
    modify \"desk:*\"
  }}
  step mails = desk.mails()
  step a = desk.edit(parts: {list})
}}
"
        );
        let errors = compilation(&text, &[DESK]).diagnostics.into_iter();
        let errors = errors.filter(|found| found.severity() == Severity::Error);
        errors.map(|found| format!("P{:04}", found.code as u16)).collect::<Vec<_>>()
    };
    assert_eq!(found("[{ at: m.id, with: m.body } for m in mails]"), ["P0703"]);
    assert_eq!(found("[{ at: \"a\", with: mails[0].body }]"), [] as [&str; 0]);
}
