//! Reports and events ⟶ what people read: the card on a terminal, Markdown, a page, the live checklist, the report of a run.
//!
//! Every text that comes from a plan, a file or a tool passes through [`foreign::inline`] or [`foreign::lines`], so that it can
//! neither move the cursor nor pretend to be a line of planc's own.

pub mod foreign;
pub mod text;
pub mod summary;
pub mod fold;
pub mod call;
pub mod late;
pub mod long;
pub mod diff;
pub mod risk;
pub mod steps;
pub mod calls;
pub mod alike;
pub mod listed;
pub mod graph;
pub mod tools;
pub mod revision;
pub mod markdown;
pub mod card;
pub mod page;
pub mod checklist;
pub mod run_report;
pub mod final_report;
pub mod stream;
