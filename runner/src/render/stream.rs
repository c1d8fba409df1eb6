//! Events, and what came of a run ⟶ lines of JSON for programs that follow it, one object each, in the order in which they
//! happened.

use super::run_report::RunReport;
use crate::event::{EVENT_FORMAT, Event};
use crate::journal::now;
use schemars::JsonSchema;
use serde::Serialize;

/// Something that happened, as a program reads it. The last line of a stream has the report of the run in the place of an event.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Line<'a> {
    /// The version of the vocabulary; a program refuses one that it does not know.
    pub format: u32,
    /// The run.
    pub run: &'a str,
    /// When the line was written, RFC 3339 in UTC.
    pub at: String,
    /// What happened.
    #[serde(flatten)]
    pub told: Told<'a>,
}

/// What a line tells.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Told<'a> {
    /// An event of the journal, durable before it is told.
    Event(&'a Event),
    /// What came of the run: the last line.
    Report(Closing<'a>),
}

/// The last line.
#[derive(Debug, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Closing<'a> {
    /// What came of the run.
    Report {
        /// As `planc show` has it.
        #[schemars(with = "serde_json::Value")]
        report: &'a RunReport,
    },
}

impl<'a> Line<'a> {
    /// An event of a run.
    pub fn event(run: &'a str, event: &'a Event) -> Line<'a> {
        Line { format: EVENT_FORMAT, run, at: now(), told: Told::Event(event) }
    }

    /// What came of a run.
    pub fn report(report: &'a RunReport) -> Line<'a> {
        let told = Told::Report(Closing::Report { report });
        Line { format: EVENT_FORMAT, run: &report.run, at: now(), told }
    }
}

/// The JSON Schema of a line, from the types: `spec/schemas/events.schema.json`.
pub fn schema() -> serde_json::Value {
    let mut schema = schemars::schema_for!(Line<'_>);
    schema.insert("$id".into(), "urn:planc:schema:events:1".into());
    schema.insert("title".into(), "a line of what `planc run --format json` prints".into());
    schema.to_value()
}
