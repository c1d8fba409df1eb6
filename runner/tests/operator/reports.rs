//! Reports of plan mode: one for an occasion, at one place, whatever is cut off; and nothing else happens.

use crate::place::{Place, exact_picture, said, until};
use crate::typed::typed;
use planc::config::{Config, Overrides, Places, ReportPlace};
use planc::delivery::{Carrier, Ledger, Outcome, Parcel, deliver};
use planc::desk::Desk;
use planc::journal::{Delivery, NewReport, Store, StoreError};
use std::cell::Cell;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

const PLAN: &str = "[mode]\ndefault = \"plan\"\n";

const WRITE: &str =
    "plan \"Write\" {\n  critical {\n    create \"a.txt\"\n  }\n  step a = fs.write(path: \"a.txt\", text: \"a\")\n}\n";

fn place(report: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", format!("{PLAN}[report]\n{report}")).put("write.pl", WRITE);
    place
}

fn told(place: &Place) -> String {
    std::fs::read_to_string(place.at("out/told.md")).unwrap_or_default()
}

fn reports(place: &Place) -> serde_json::Value {
    place.planc(&["--format", "json", "reports"]).exits(0).json()["reports"].clone()
}

#[test]
fn a_plan_in_plan_mode_is_told_once_and_waits_for_nobody() {
    let place = place("file = \"../out/told.md\"\n");
    let before = exact_picture(&place.ws());
    let planned = place.planc(&["plan", "write.pl"]).exits(0).says("told as report 1");
    assert!(planned.out.contains("plan mode is active"), "{}", planned.short());
    for hint in ["run --approve", "planc approve", "NEEDS APPROVAL"] {
        assert!(!planned.out.contains(hint) && !planned.err.contains(hint), "{}", planned.short());
        assert!(!told(&place).contains(hint), "{}", told(&place));
    }
    let again = place.planc(&["--format", "json", "plan", "write.pl"]).exits(0).says("has its report already");
    assert_eq!(again.json()["status"], "reported");
    assert_eq!(told(&place).matches("planc-report-").count(), 1, "{}", told(&place));
    assert_eq!(reports(&place).as_array().unwrap().len(), 1);
    // Nothing waits, so that nothing can be approved once the mode is another one.
    assert_eq!(place.planc(&["--format", "json", "runs"]).json()["total"], 0);
    assert_eq!(exact_picture(&place.ws()), before);
    let rows: i64 = place.database().query_row("SELECT COUNT(*) FROM plans", [], |row| row.get(0)).unwrap();
    assert_eq!(rows, 0);
}

#[test]
fn an_occasion_has_one_report_whatever_is_planned() {
    let place = place("file = \"../out/told.md\"\n");
    place.put("other.pl", WRITE.replace("\"Write\"", "\"Other\""));
    for file in ["write.pl", "other.pl", "write.pl"] {
        place.planc(&["plan", "--occasion", "ticket 7", file]).exits(0);
    }
    place.planc(&["plan", "--occasion", "ticket 8", "other.pl"]).exits(0);
    let text = told(&place);
    assert_eq!((text.matches("planc-report-").count(), text.matches("# Write").count()), (2, 1), "{text}");
    place.planc(&["plan", "--occasion", " ", "other.pl"]).exits(2);
    place.put("planc.toml", "");
    place.planc(&["plan", "--occasion", "ticket 9", "other.pl"]).exits(2).says("plan mode is not active");
}

#[test]
fn two_at_once_tell_once() {
    let place = place("file = \"../out/told.md\"\n");
    place.planc(&["mode"]).exits(0);
    let commands: Vec<_> = (0..4).map(|_| place.command(&["plan", "--occasion", "one", "write.pl"])).collect();
    let running: Vec<_> = commands.into_iter().map(|command| std::thread::spawn(move || said(command))).collect();
    for one in running {
        one.join().unwrap().exits(0);
    }
    assert_eq!(told(&place).matches("planc-report-").count(), 1, "{}", told(&place));
}

#[test]
fn a_file_of_the_operator_is_out_of_reach_and_no_link_is_followed() {
    let place = place("file = \"told.md\"\n");
    for path in ["told.md", "planc.toml"] {
        place.put("reach.pl", WRITE.replace("a.txt", path));
        let report = place.planc(&["--format", "json", "plan", "reach.pl"]);
        assert_ne!(report.code, Some(0), "{}", report.short());
    }
    std::fs::write(place.at("out/other"), "untouched").unwrap();
    let _ = std::fs::remove_file(place.ws().join("told.md"));
    place.link(place.at("out/other"), "told.md");
    place.planc(&["plan", "write.pl"]).exits(3).says("kept but not delivered");
    assert_eq!(std::fs::read_to_string(place.at("out/other")).unwrap(), "untouched");
    std::fs::remove_file(place.ws().join("told.md")).unwrap();
    place.planc(&["reports", "send"]).exits(0);
    assert!(place.get("told.md").contains("# Write"));
}

#[test]
fn the_history_is_kept_and_filtered_by_scope() {
    let scopes = "[mode.scopes]\n\"acme\" = \"inherit\"\n\"acme/web\" = \"inherit\"\n\"acmeother\" = \"inherit\"\n";
    let place = Place::new();
    for (number, scope) in [(1, "acme/web"), (2, "acmeother"), (3, "acme")] {
        place.put("planc.toml", format!("{PLAN}scope = \"{scope}\"\n{scopes}")).put("write.pl", WRITE);
        place.planc(&["plan", "write.pl"]).exits(0).says(&format!("told as report {number}"));
    }
    let numbers = |args: &[&str]| -> Vec<i64> {
        let said = place.planc(&[&["--format", "json", "reports", "list"], args].concat()).exits(0).json();
        said["reports"].as_array().unwrap().iter().map(|row| row["number"].as_i64().unwrap()).collect()
    };
    assert_eq!(numbers(&[]), [3, 2, 1]);
    assert_eq!(numbers(&["--scope", "acme"]), [3, 1]);
    assert_eq!(numbers(&["--scope", "acme/web"]), [1]);
    assert_eq!(numbers(&["--scope", "beta"]), [] as [i64; 0]);
    let shown = place.planc(&["--format", "json", "reports", "show", "1"]).exits(0).json();
    assert_eq!((&shown["report"]["title"], &shown["told"]["scope"]), (&"Write".into(), &"acme/web".into()));
    place.planc(&["reports", "show", "9"]).exits(2).says("there is no report 9");
}

#[test]
fn secrets_stay_out_of_reports_and_their_history() {
    let place = place("file = \"../out/told.md\"\nformat = \"json\"\n");
    place.put(
        "secret.pl",
        "plan \"Secret\" {\n  input token: string secret\n  critical {\n    create \"a.txt\"\n  }\n  let shown = reveal(token, \"the file is for it\")\n  step a = fs.write(path: \"a.txt\", text: shown)\n}\n",
    );
    place.put("token", "hunter2-hunter2");
    let said = place.planc(&["plan", "--input-file", "token=token", "secret.pl"]);
    assert!(said.code == Some(0) || said.code == Some(1), "{}", said.short());
    let shown = place.planc(&["--format", "json", "reports"]);
    let database = std::fs::read(place.state().join("planc.db")).unwrap();
    for text in [told(&place), said.out, said.err, shown.out, String::from_utf8_lossy(&database).into_owned()] {
        assert!(!text.contains("hunter2-hunter2"));
    }
}

/// Every key with what was posted.
type Posted = Arc<Mutex<Vec<(String, String)>>>;

/// A server that takes posts: gives its address, and what was posted.
fn server(answer: impl Fn(usize) -> Option<u16> + Send + 'static) -> (String, Posted) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    let posted = Arc::new(Mutex::new(Vec::new()));
    let kept = posted.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { continue };
            let (mut text, mut buffer) = (Vec::new(), [0; 4096]);
            let whole = |text: &[u8]| {
                let text = String::from_utf8_lossy(text).into_owned();
                let (head, body) = text.split_once("\r\n\r\n")?;
                let head = head.to_lowercase();
                let length = head.split("content-length: ").nth(1)?.split("\r\n").next()?.parse::<usize>().ok()?;
                let key = head.split("idempotency-key: ").nth(1)?.split("\r\n").next()?.to_owned();
                (body.len() >= length).then(|| (key, body.to_owned()))
            };
            while whole(&text).is_none() {
                match stream.read(&mut buffer) {
                    Ok(n @ 1..) => text.extend(&buffer[..n]),
                    _ => break,
                }
            }
            let Some(one) = whole(&text) else { continue };
            let count = {
                let mut kept = kept.lock().unwrap();
                kept.push(one);
                kept.len()
            };
            // Without an answer the connection just breaks.
            if let Some(status) = answer(count) {
                let _ = stream.write_all(
                    format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes(),
                );
            }
        }
    });
    (url, posted)
}

#[test]
fn a_webhook_gets_one_post_and_a_broken_one_is_in_doubt_and_not_repeated() {
    let (url, posted) = server(|_| Some(204));
    let place = place(&format!("webhook = \"{url}\"\n"));
    place.planc(&["plan", "write.pl"]).exits(0).says("told as report 1");
    place.planc(&["plan", "write.pl"]).exits(0);
    {
        let posted = posted.lock().unwrap();
        assert_eq!(posted.len(), 1);
        let told: serde_json::Value = serde_json::from_str(&posted[0].1).unwrap();
        assert_eq!((&told["key"], &told["report"]["title"]), (&posted[0].0.as_str().into(), &"Write".into()));
    }
    let (url, posted) = server(|_| None);
    place
        .put("planc.toml", format!("{PLAN}[report]\nwebhook = \"{url}\"\n"))
        .put("other.pl", WRITE.replace("a.txt", "b.txt"));
    place.planc(&["plan", "other.pl"]).exits(7).says("in doubt");
    for args in [vec!["plan", "other.pl"], vec!["reports", "send"], vec!["reports", "send", "2"]] {
        place.planc(&args).says("");
    }
    assert_eq!(posted.lock().unwrap().len(), 1, "never twice silently");
    // Only a person says what became of it.
    place.planc(&["reports", "settle", "2", "--again"]).exits(6);
    let (screen, code) = typed(&place, &["reports", "settle", "2", "--arrived"], &[("Only `yes` is a yes: ", "yes")]);
    assert_eq!(code, 0, "{screen}");
    assert_eq!(reports(&place)[0]["delivery"], "sent");
    assert_eq!(posted.lock().unwrap().len(), 1);
}

#[test]
fn a_webhook_that_takes_each_key_once_is_asked_again_and_one_that_is_down_later() {
    let (url, posted) = server(|count| (count > 1).then_some(200));
    let place = place(&format!("webhook = \"{url}\"\nidempotent = true\n"));
    place.planc(&["plan", "write.pl"]).exits(3).says("kept but not delivered");
    place.planc(&["reports", "send"]).exits(0);
    {
        let posted = posted.lock().unwrap();
        assert_eq!(posted.len(), 2);
        assert_eq!(posted[0], posted[1], "the same key and the same text");
    }
    let (url, posted) = server(|count| Some(if count == 1 { 403 } else { 200 }));
    place
        .put("planc.toml", format!("{PLAN}[report]\nwebhook = \"{url}\"\n"))
        .put("other.pl", WRITE.replace("a.txt", "b.txt"));
    place.planc(&["plan", "other.pl"]).exits(3).says("403");
    place.planc(&["plan", "write.pl"]).exits(0).says("has its report already");
    until("the report has arrived", || posted.lock().unwrap().len() == 2);
    assert_eq!(reports(&place)[0]["delivery"], "sent");
    place.put("planc.toml", format!("{PLAN}[report]\nwebhook = \"http://example.org/\"\n"));
    place.planc(&["reports"]).exits(2).says("neither `https://` nor on this machine");
}

/// A ledger that is cut off at one of its records, before or after it is durable.
struct Cut {
    store: Store,
    left: Cell<usize>,
    durable: bool,
}

impl Cut {
    fn off(&self) -> Result<bool, StoreError> {
        match self.left.get() {
            0 => Err(StoreError::Closed { attempt: "be cut off".into() }),
            left => {
                self.left.set(left - 1);
                Ok(left == 1)
            }
        }
    }

    fn record<T>(&self, record: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let cut = || Err(StoreError::Closed { attempt: "be cut off".into() });
        match (self.off()?, self.durable) {
            (true, false) => cut(),
            (true, true) => record().and_then(|_| cut()),
            (false, _) => record(),
        }
    }
}

impl Ledger for Cut {
    fn intend(&self, report: &NewReport) -> Result<(i64, bool), StoreError> {
        self.record(|| self.store.intend(report))
    }

    fn note(
        &self,
        number: i64,
        step: (Delivery, Delivery),
        place: &str,
        note: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.record(|| self.store.note(number, step, place, note))
    }
}

/// A place in memory: what arrived there, and what it does with a parcel that was cut off.
struct Memory {
    arrived: Arc<Mutex<Vec<String>>>,
    idempotent: bool,
}

impl Carrier for Memory {
    fn prepare(&mut self) -> Result<serde_json::Value, String> {
        Ok(serde_json::Value::Null)
    }

    fn send(&mut self, parcel: &Parcel<'_>) -> Outcome {
        let mut arrived = self.arrived.lock().unwrap();
        // What takes each key once has it once.
        if !self.idempotent || !arrived.iter().any(|key| key == parcel.key) {
            arrived.push(parcel.key.to_owned());
        }
        Outcome::Arrived
    }

    fn recover(&mut self, parcel: &Parcel<'_>) -> Outcome {
        match self.idempotent {
            true => self.send(parcel),
            false => Outcome::Unclear("it was cut off".into()),
        }
    }
}

fn desk(place: &Place) -> Desk {
    let places = Places { current: place.ws(), state_home: None, home: None };
    let overrides = Overrides { state: Some(place.state()), ..Overrides::default() };
    let config = Config::load(&overrides, &places).expect("the configuration is right");
    let store = Store::open(&config.state, &config.workspace).expect("a store can be opened");
    Desk::open(Arc::new(config), store).expect("the workspace can be opened")
}

#[test]
fn a_crash_at_any_record_loses_nothing_and_tells_nobody_twice() {
    let place = place("");
    // A report that is due again and again, each for an occasion of its own.
    place.planc(&["plan", "write.pl"]).exits(0);
    let desk = desk(&place);
    let (report, body) = desk.store.report_content(1).unwrap();
    let new = |occasion: String| NewReport {
        key: format!("key of {occasion}"),
        occasion,
        scope: None,
        session: None,
        report: report.clone(),
        secret: false,
        body: body.clone(),
        why: "a test".into(),
        by: "somebody".into(),
    };
    for (idempotent, durable, cut) in [true, false].into_iter().flat_map(|idempotent| {
        [true, false].into_iter().flat_map(move |durable| (1..=4).map(move |cut| (idempotent, durable, cut)))
    }) {
        let what = format!("idempotent {idempotent}, cut at {cut}, durable {durable}");
        let arrived = Arc::new(Mutex::new(Vec::new()));
        let mut memory = Memory { arrived: arrived.clone(), idempotent };
        let mut ends = Vec::new();
        // The first process is cut off, the second and third are not.
        for left in [cut, usize::MAX, usize::MAX] {
            let ledger = Cut { store: desk.store.clone(), left: Cell::new(left), durable };
            let Ok((number, _)) = ledger.intend(&new(what.clone())) else { continue };
            let delivered = deliver(&ledger, &desk.store, &mut memory, &ReportPlace::StandardOutput, number);
            ends.push((delivered.is_ok(), desk.store.report(number).unwrap().unwrap().delivery));
        }
        let end = ends.last().unwrap().1;
        let times = arrived.lock().unwrap().len();
        assert!(times <= 1, "{what}: it arrived {times} times");
        match end {
            Delivery::Sent => assert_eq!(times, 1, "{what}"),
            // Cut off between the sending and its record, at a place where that cannot be found out.
            Delivery::InDoubt => assert!(!idempotent, "{what}"),
            Delivery::Due | Delivery::Sending => panic!("{what}: {end:?}"),
        }
    }
}

#[test]
fn a_file_that_was_cut_off_anywhere_is_finished_and_not_repeated() {
    let place = place("file = \"../out/told.md\"\n");
    std::fs::write(place.at("out/told.md"), "before\n").unwrap();
    place.planc(&["plan", "write.pl"]).exits(0);
    let whole = told(&place);
    let body = whole.strip_prefix("before\n").unwrap().to_owned();
    let database = place.database();
    let last: i64 = database.query_row("SELECT MAX(id) FROM report_steps", [], |row| row.get(0)).unwrap();
    // As if the process had been cut off after so many bytes, before it could note anything.
    for written in [0, 1, body.len() / 2, body.len() - 1, body.len()] {
        database.execute("DELETE FROM report_steps WHERE id >= ?1", [last]).unwrap();
        std::fs::write(place.at("out/told.md"), [b"before\n", &body.as_bytes()[..written]].concat()).unwrap();
        place.planc(&["plan", "write.pl"]).exits(0).says("has its report already");
        assert_eq!(told(&place), whole, "cut off after {written} bytes");
        assert_eq!(reports(&place)[0]["delivery"], "sent");
    }
    // Somebody else has written there: it may have been moved, or removed.
    database.execute("DELETE FROM report_steps WHERE id >= ?1", [last]).unwrap();
    std::fs::write(place.at("out/told.md"), "before\nsomething else, and longer than what was told".repeat(200))
        .unwrap();
    place.planc(&["reports", "send"]).exits(7).says("in doubt");
}
