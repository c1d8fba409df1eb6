//! What became of a report of plan mode ⟶ what is said of it, and an exit code.

use super::exit::Exit;
use super::session::Session;
use crate::journal::{Delivery, StoredReport};
use crate::render::text::{Tone, inline};

/// What is to be said of how far it has come.
pub(super) fn note(report: &StoredReport) -> Option<&str> {
    report.history.last().and_then(|step| step.note.as_deref())
}

/// Says what became of a report.
pub(super) fn outcome(session: &Session, report: &StoredReport) {
    let place = session.config.report.place.words();
    let why = note(report).map_or_else(String::new, |note| format!(": {}", inline(note)));
    let number = report.number;
    session.out.note(&match report.delivery {
        Delivery::Sent => format!("told as report {number}, {}\n", inline(&format!("to {place}"))),
        Delivery::Due | Delivery::Sending => format!(
            "{} report {number} is kept but not delivered{why}\n  `planc reports send {number}` tries again\n",
            session.out.err_tone(Tone::Careful, "warning:")
        ),
        Delivery::InDoubt => format!(
            "{} report {number} is in doubt{why}\n  it is not sent again; a person who has looked says `planc reports settle {number} --arrived` or `--again`\n",
            session.out.err_tone(Tone::Bad, "warning:")
        ),
    });
}

/// The exit code for what became of reports.
pub(super) fn exit(reports: &[StoredReport]) -> Exit {
    let any = |delivery: Delivery| reports.iter().any(|report| report.delivery == delivery);
    match (any(Delivery::InDoubt), any(Delivery::Due) || any(Delivery::Sending)) {
        (true, _) => Exit::InDoubt,
        (false, true) => Exit::Waiting,
        (false, false) => Exit::Success,
    }
}
