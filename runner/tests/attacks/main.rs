//! Attacks: attempts to have an effect that nobody approved, to show a person something else than what is, and to make
//! planc break on what it has kept. Each is tried against the real binary.

#[path = "../place/mod.rs"]
mod place;

mod afterwards;
mod again;
mod approval;
mod around;
mod before;
mod belongs;
mod beside;
mod bound;
mod digests;
mod display;
mod dots;
mod drawn;
mod everywhere;
mod hidden;
mod kept;
mod known;
mod labels;
mod launcher;
mod late;
mod links;
mod loads;
mod looks;
mod meanwhile;
mod opened;
mod others;
mod passed_over;
mod passes;
mod races;
mod reach;
mod reached;
mod review;
mod rewritten;
mod scripts;
mod secrets;
mod servers;
mod signed;
mod statements;
mod sources;
mod spelled;
mod starts;
mod taken_back;
mod terminal;
mod told;
mod undone;
mod unnamed;
mod variables;
mod wires;
mod words;
mod written;
