//! What the operator decides, against agents that would decide it themselves: modes, policy, standing answers, reports. Each
//! is tried against the real binary.

#[path = "../place/mod.rs"]
mod place;

mod asked;
mod grants;
mod modes;
mod policy;
mod reports;
mod store;
mod typed;
mod useless;
