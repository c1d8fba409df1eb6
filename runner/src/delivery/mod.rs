//! A report of plan mode ⟶ at the one place that the operator configured, exactly once, also across a crash.
//!
//! What is to be told is durable before anything is sent, and so is that it is being sent. Who finds a delivery that was cut off
//! finds out whether it arrived, where that can be found out or it does no harm to send it again; else it is in doubt, which a
//! person settles: nothing is ever sent twice silently.
//!
//! There is one report for an occasion: the session that it ends, what the caller names, or else the digest of what would be
//! done.

mod call;
mod file;
mod webhook;

use crate::approval::account;
use crate::config::{Mode, ReportConfig, ReportForm, ReportPlace};
use crate::desk::{Desk, DeskError, Planned};
use crate::journal::{Delivery, NewReport, Store, StoreError, StoredReport};
use crate::mode::Effective;
use crate::render::markdown::markdown;
use crate::report::PlanReport;
use planc_lang::digest::Digest;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;
use std::time::{Duration, Instant};

/// The largest report that is delivered, in bytes.
pub const MAX_REPORT_BYTES: usize = 16 << 20;

/// The longest name of an occasion, in bytes.
pub const MAX_OCCASION_BYTES: usize = 200;

/// How long a place may take to accept a report.
pub const DELIVERY_TIMEOUT: Duration = Duration::from_secs(30);

/// How long another process may be at it before a report waits for the next occasion.
const PATIENCE: Duration = Duration::from_secs(60);

/// The version of the JSON form of a report that is delivered.
const FORMAT: u32 = 1;

/// Writes to standard output.
pub type Print<'p> = &'p mut dyn FnMut(&str) -> std::io::Result<()>;

/// What became of sending a report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It arrived.
    Arrived,
    /// It surely did not, or does no harm to be sent again; says why.
    Failed(String),
    /// It may have arrived; says why.
    Unclear(String),
}

/// A way to a place.
pub trait Carrier {
    /// What must be known to find out afterwards whether the report arrived; an error says why nothing can be sent.
    fn prepare(&mut self) -> Result<serde_json::Value, String>;

    /// Sends it.
    fn send(&mut self, parcel: &Parcel<'_>) -> Outcome;

    /// Finds out whether one arrived whose sending was cut off, and finishes it where that does no harm.
    fn recover(&mut self, parcel: &Parcel<'_>) -> Outcome;
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
pub struct Parcel<'a> {
    /// What the place knows it by.
    pub key: &'a str,
    /// The text.
    pub body: &'a str,
    /// What was prepared.
    pub prepared: &'a serde_json::Value,
}

/// Where intents and outcomes become durable: a small trait, so that crashes can be injected.
pub trait Ledger {
    /// Keeps a report for its occasion; gives its number, and whether it is new.
    fn intend(&self, report: &NewReport) -> Result<(i64, bool), StoreError>;

    /// Notes a step of a delivery, if it had come so far before; whether it had.
    fn note(
        &self,
        number: i64,
        step: (Delivery, Delivery),
        place: &str,
        note: Option<&str>,
    ) -> Result<bool, StoreError>;
}

impl Ledger for Store {
    fn intend(&self, report: &NewReport) -> Result<(i64, bool), StoreError> {
        self.intend_report(report)
    }

    fn note(
        &self,
        number: i64,
        (from, to): (Delivery, Delivery),
        place: &str,
        note: Option<&str>,
    ) -> Result<bool, StoreError> {
        self.note_delivery(number, from, to, place, note, &account())
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum DeliveryError {
    /// The store, the workspace or the mode cannot be used.
    #[error(transparent)]
    Desk(#[from] DeskError),
    /// A report belongs to plan mode.
    #[error("plan mode is not active here: a plan waits for approval instead of being reported")]
    NotInPlanMode,
    /// A name for an occasion that is none.
    #[error("an occasion has a name of 1 to {MAX_OCCASION_BYTES} bytes")]
    NoOccasion,
    /// It is too large.
    #[error("the report has {0} bytes, and at most {MAX_REPORT_BYTES} are delivered")]
    TooLarge(usize),
    /// There is none with this number.
    #[error("there is no report {0}")]
    Unknown(i64),
    /// Nothing is to be settled.
    #[error("report {number} is not in doubt: {how}")]
    NotInDoubt {
        /// Which.
        number: i64,
        /// What it is.
        how: &'static str,
    },
}

impl From<StoreError> for DeliveryError {
    fn from(error: StoreError) -> DeliveryError {
        DeliveryError::Desk(error.into())
    }
}

/// The report of an occasion.
#[derive(Clone, Debug, Serialize)]
pub struct Told {
    /// What is kept of it.
    pub report: StoredReport,
    /// Whether it was made now; else the occasion had one already.
    pub is_new: bool,
}

/// Tells a plan of plan mode, once for its occasion, and finishes what others have left behind. `said` is the text for standard
/// output, where that is the place.
pub fn tell(
    desk: &Desk,
    planned: &Planned,
    occasion: Option<&str>,
    said: &str,
    print: Print<'_>,
) -> Result<Told, DeliveryError> {
    let effective = desk.modes().effective(&desk.standing)?;
    let new = intended(desk, planned, &effective, occasion, said)?;
    let (number, is_new) = desk.store.intend(&new)?;
    let lock = Lock::wait(&desk.config.state);
    if let Some(_held) = lock {
        let place = &desk.config.report.place;
        for open in desk.store.open_reports()? {
            // What was meant for the standard output of another process is not for this one.
            if open == number || *place != ReportPlace::StandardOutput {
                deliver(&desk.store, &desk.store, carrier(desk, print).as_mut(), place, open)?;
            }
        }
    }
    let report = desk.store.report(number)?.ok_or(DeliveryError::Unknown(number))?;
    Ok(Told { report, is_new })
}

/// What is to be told of a plan.
fn intended(
    desk: &Desk,
    planned: &Planned,
    effective: &Effective,
    occasion: Option<&str>,
    said: &str,
) -> Result<NewReport, DeliveryError> {
    if effective.mode != Mode::Plan {
        return Err(DeliveryError::NotInPlanMode);
    }
    if occasion.is_some_and(|name| name.trim().is_empty() || name.len() > MAX_OCCASION_BYTES) {
        return Err(DeliveryError::NoOccasion);
    }
    let scope = desk.standing.scope.as_ref().map(|scope| scope.to_string());
    let in_scope = scope.as_deref().unwrap_or("");
    let report = &planned.plan.report;
    let occasion = match (&desk.standing.session, occasion) {
        (Some(session), _) => format!("session {session}"),
        (None, Some(name)) => format!("{in_scope} named {}", name.trim()),
        // Each dry run of a plan with secrets has a digest of its own: what is told is known again by itself.
        (None, None) if report.secret => format!("{in_scope} plan {}", as_told(report)),
        (None, None) => format!("{in_scope} plan {}", report.digest),
    };
    let key = format!("planc-report-{}", uuid::Uuid::new_v4().simple());
    let ReportConfig { place, form } = &desk.config.report;
    let body = match (place, form) {
        (ReportPlace::StandardOutput, _) => said.to_owned(),
        (_, ReportForm::Markdown) => format!("<!-- {key} -->\n{}\n", markdown(report, None)),
        (_, ReportForm::Json) => {
            let (scope, session, why) = (&desk.standing.scope, &desk.standing.session, effective.why());
            let told = json!({ "format": FORMAT, "key": key, "occasion": occasion, "scope": scope, "session": session,
                "why": why, "by": account(), "report": report });
            format!("{told}\n")
        }
    };
    if body.len() > MAX_REPORT_BYTES {
        return Err(DeliveryError::TooLarge(body.len()));
    }
    Ok(NewReport {
        occasion,
        scope,
        session: desk.standing.session.clone(),
        report: report.clone(),
        secret: planned.plan.secret,
        body,
        key,
        why: effective.why(),
        by: account(),
    })
}

/// Sends all that is due: what is left of earlier deliveries. `only` is one of them.
pub fn send(desk: &Desk, only: Option<i64>, print: Print<'_>) -> Result<Vec<StoredReport>, DeliveryError> {
    let place = &desk.config.report.place;
    let open = desk.store.open_reports()?;
    let wanted: Vec<i64> = match only {
        Some(number) => vec![desk.store.report(number)?.ok_or(DeliveryError::Unknown(number))?.number],
        None => open,
    };
    if let Some(_held) = Lock::wait(&desk.config.state) {
        for number in &wanted {
            deliver(&desk.store, &desk.store, carrier(desk, print).as_mut(), place, *number)?;
        }
    }
    let mut reports = Vec::new();
    for number in wanted {
        reports.extend(desk.store.report(number)?);
    }
    Ok(reports)
}

/// What a person says of a report that is in doubt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settled {
    /// It arrived.
    Arrived,
    /// It did not: it shall be sent again.
    Again,
}

/// Records what a person found out about a report in doubt. Whether it is a person is for the surface to know.
pub fn settle(desk: &Desk, number: i64, settled: Settled) -> Result<(), DeliveryError> {
    let report = desk.store.report(number)?.ok_or(DeliveryError::Unknown(number))?;
    let (to, note) = match settled {
        Settled::Arrived => (Delivery::Sent, "a person says that it arrived"),
        Settled::Again => (Delivery::Due, "a person says that it shall be sent again"),
    };
    match desk.store.note(number, (Delivery::InDoubt, to), "", Some(note))? {
        true => Ok(()),
        false => Err(DeliveryError::NotInDoubt { number, how: words(report.delivery) }),
    }
}

/// How far a delivery has come, in words.
pub fn words(delivery: Delivery) -> &'static str {
    match delivery {
        Delivery::Due => "not delivered yet",
        Delivery::Sending => "being delivered",
        Delivery::Sent => "delivered",
        Delivery::InDoubt => "in doubt",
    }
}

/// Where a report goes, with what was prepared: as it is kept.
#[derive(Debug, Serialize, Deserialize)]
struct Sending {
    place: serde_json::Value,
    prepared: serde_json::Value,
}

/// Takes a report one way as far as it goes. Only one process may be at it: whoever is found at it was cut off.
pub fn deliver(
    ledger: &dyn Ledger,
    store: &Store,
    carrier: &mut dyn Carrier,
    place: &ReportPlace,
    number: i64,
) -> Result<(), StoreError> {
    let Some(report) = store.report(number)? else { return Ok(()) };
    let (_, body) = store.report_content(number)?;
    let place = json!(place);
    match report.delivery {
        Delivery::Sent | Delivery::InDoubt => return Ok(()),
        Delivery::Due => {}
        Delivery::Sending => {
            let kept = report.history.last().map_or("", |step| step.place.as_str());
            let outcome = match serde_json::from_str::<Sending>(kept) {
                Ok(sending) if sending.place == place => {
                    carrier.recover(&Parcel { key: &report.key, body: &body, prepared: &sending.prepared })
                }
                Ok(_) | Err(_) => Outcome::Unclear("it was being sent to another place when planc was cut off".into()),
            };
            let again = matches!(outcome, Outcome::Failed(_));
            concluded(ledger, number, kept, outcome)?;
            if !again {
                return Ok(());
            }
        }
    }
    let prepared = match carrier.prepare() {
        Ok(prepared) => prepared,
        Err(why) => {
            return ledger.note(number, (Delivery::Due, Delivery::Due), "", Some(&why)).map(|_| ());
        }
    };
    let kept = serde_json::to_string(&Sending { place, prepared: prepared.clone() }).unwrap_or_default();
    if ledger.note(number, (Delivery::Due, Delivery::Sending), &kept, None)? {
        let outcome = carrier.send(&Parcel { key: &report.key, body: &body, prepared: &prepared });
        concluded(ledger, number, &kept, outcome)?;
    }
    Ok(())
}

/// What a report says, but for the digests.
fn as_told(report: &PlanReport) -> Digest {
    Digest::of_json(&PlanReport { digest: Digest::of([]), deed: None, ..report.clone() })
}

fn concluded(ledger: &dyn Ledger, number: i64, place: &str, outcome: Outcome) -> Result<(), StoreError> {
    let (to, note) = match outcome {
        Outcome::Arrived => (Delivery::Sent, None),
        Outcome::Failed(why) => (Delivery::Due, Some(why)),
        Outcome::Unclear(why) => (Delivery::InDoubt, Some(why)),
    };
    ledger.note(number, (Delivery::Sending, to), place, note.as_deref()).map(|_| ())
}

/// The way to the place of the configuration.
fn carrier<'c>(desk: &'c Desk, print: Print<'c>) -> Box<dyn Carrier + 'c> {
    match &desk.config.report.place {
        ReportPlace::StandardOutput => Box::new(Printed { print }),
        ReportPlace::File { path } => Box::new(file::ToFile { path: path.clone() }),
        ReportPlace::Webhook { url, token_env, idempotent } => Box::new(webhook::ToWebhook {
            url: url.clone(),
            token_env: token_env.clone(),
            idempotent: *idempotent,
            form: desk.config.report.form,
        }),
        ReportPlace::Tool { tool, arguments, text, touches } => {
            Box::new(call::ToTool { desk, tool, arguments, text, touches, ready: None })
        }
    }
}

/// To standard output: what was cut off there may have been read.
struct Printed<'p> {
    print: Print<'p>,
}

impl Carrier for Printed<'_> {
    fn prepare(&mut self) -> Result<serde_json::Value, String> {
        Ok(json!(null))
    }

    fn send(&mut self, parcel: &Parcel<'_>) -> Outcome {
        match (self.print)(parcel.body) {
            Ok(()) => Outcome::Arrived,
            Err(error) => Outcome::Unclear(format!("standard output took only a part of it: {error}")),
        }
    }

    fn recover(&mut self, _: &Parcel<'_>) -> Outcome {
        Outcome::Unclear(CUT_OFF.to_owned())
    }
}

/// What is known of a delivery that was cut off.
pub const CUT_OFF: &str = "planc was cut off while it was being sent: it may have arrived";

/// The right to deliver reports from a state directory, given back by the system whatever happens to the process.
struct Lock {
    _file: File,
}

impl Lock {
    /// Waits a while for it; none: somebody else is at it all the time.
    fn wait(state: &Path) -> Option<Lock> {
        let deadline = Instant::now() + PATIENCE;
        let file = OpenOptions::new().write(true).create(true).truncate(false).open(state.join("reports.lock")).ok()?;
        loop {
            match file.try_lock() {
                Ok(()) => return Some(Lock { _file: file }),
                Err(TryLockError::WouldBlock) if Instant::now() < deadline => {
                    std::thread::sleep(Duration::from_millis(20));
                }
                Err(TryLockError::WouldBlock | TryLockError::Error(_)) => return None,
            }
        }
    }
}
