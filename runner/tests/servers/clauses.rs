//! What a catalogue says of how a tool is called: simulated before approval, in pages, so often at most.

use super::place::{Place, Said};
use super::{log, run, wire};

const CATALOGUE: &str = r#"catalogue mock {
  tool put(key: string, value: string) -> { trusted stored: int } {
    writes "mock:store"
    simulate mock.preview(key: key)
  }
  tool preview(key: string) -> { trusted stored: int } {
    reads "mock:store"
  }
  tool page(cursor?: string) -> { items: [int], page: int, next?: string? } {
    reads "mock:pages"
    paged cursor from result.next, at most 4
  }
}
"#;

const MERGE: &str = r#"plan "P" {
  critical {
    modify "mock:store"
  }
  step first = mock.put(key: "a", value: "b")
  step second = mock.put(key: "c", value: "${first.stored}")
}
"#;

fn place(behaviour: &str, read: &str) -> Place {
    let place = Place::new();
    wire(&place, behaviour, &format!("read = [{read}]\n"));
    place.put("catalogues/mock.pl", CATALOGUE);
    place
}

fn planned(place: &Place, plan: &str) -> Said {
    place.put("p.pl", plan);
    place.planc(&["plan", "p.pl"])
}

#[test]
fn a_tool_that_only_reads_tells_what_one_that_acts_would_give() {
    let place = place("clauses", "\"mock:*\"");
    let said = planned(&place, MERGE).exits(0).says("would give { stored: 1 }, says mock.preview");
    assert!(said.out.contains("value: \"1\""), "what follows from it is known\n{}", said.short());
    assert_eq!(log(&place), ["preview {\"key\":\"a\"} -"], "nothing that acts is called, and nothing behind it");
    run(&place, MERGE).exits(0);
    let calls: Vec<String> = log(&place).into_iter().filter(|line| line.starts_with("put")).collect();
    assert_eq!(calls.len(), 2);
    assert!(calls[1].contains("\"value\":\"1\""), "{calls:?}");
}

#[test]
fn a_prediction_that_does_not_come_true_stops_the_run_before_what_depends_on_it() {
    let place = place("clauses-lying", "\"mock:*\"");
    planned(&place, MERGE).exits(0).says("would give { stored: 2 }, says mock.preview");
    run(&place, MERGE).exits(5);
    let calls = log(&place).into_iter().filter(|line| line.starts_with("put")).count();
    assert_eq!(calls, 1);
}

#[test]
fn no_server_is_given_a_secret_before_a_yes() {
    let place = place("clauses", "\"mock:*\"");
    place.put("catalogues/mock.pl", CATALOGUE.replace("preview(key: string)", "preview(secret key: string)"));
    std::fs::write(place.at("token"), "hunter22").unwrap();
    for asked in [
        "  assume \"one\" { mock.preview(key: token).stored == 1 }\n",
        "  verify \"one\" { [mock.preview(key: token)].length() == 1 }\n",
        "  step a = mock.preview(key: token)\n",
        "  step a = mock.put(key: token, value: \"x\")\n",
    ] {
        place.put("p.pl", format!("plan \"P\" {{\n  input token: string secret\n  critical {{\n    modify \"mock:store\"\n  }}\n{asked}  step all = mock.page()\n}}\n"));
        place.planc(&["plan", "p.pl", "--input-file", "token=../token"]);
        assert!(log(&place).iter().all(|line| line.starts_with("page")), "{asked}: {:?}", log(&place));
    }
}

#[test]
fn a_server_that_may_not_be_read_is_not_asked_for_a_prediction() {
    let place = place("clauses", "");
    planned(&place, MERGE).exits(0).says("not even `mock.preview`");
    assert_eq!(log(&place).len(), 0);
    place.put("catalogues/mock.pl", CATALOGUE.replace("    simulate mock.preview(key: key)\n", ""));
    planned(&place, MERGE).exits(0).says("its catalogue names nothing that");
    assert_eq!(log(&place).len(), 0);
}

const PAGES: &str = "plan \"P\" {\n  step all = mock.page()\n  output items = all.items\n  output last = all.page\n}\n";

#[test]
fn a_call_gives_all_pages() {
    let place = place("clauses", "\"mock:*\"");
    planned(&place, PAGES).exits(0).says("items = [0, 1, 2, 3, 4, 5]").says("last = 2");
    let asked = ["page {} -", "page {\"cursor\":\"1\"} -", "page {\"cursor\":\"2\"} -"];
    assert_eq!(log(&place), asked);
    let said = run(&place, PAGES).exits(0);
    assert!(said.out.contains("items = [0, 1, 2, 3, 4, 5]"), "{}", said.short());
    // A page that the plan names is the first.
    run(&place, &PAGES.replace("page()", "page(cursor: \"2\")")).exits(0).says("items = [4, 5]");
}

#[test]
fn pages_without_an_end_fail_the_call() {
    for (behaviour, why, calls) in
        [("clauses-endless", "has more than 4 pages", 4), ("clauses-circle", "lead in a circle", 2)]
    {
        let place = place(behaviour, "");
        run(&place, PAGES).exits(4).says(why);
        assert_eq!(log(&place).len(), calls, "{behaviour}");
    }
}
