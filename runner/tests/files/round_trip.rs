//! For random trees and random calls: the simulation says what the real calls give and leave, changes may be applied again,
//! and taking all of them back gives the tree as it was.

use crate::support::{Place, call, picture, text};
use planc::workspace::{Applied, Change, Overlay};
use planc_lang::value::Value;
use proptest::prelude::*;

/// Something in the tree to begin with.
#[derive(Clone, Debug)]
enum Start {
    File(&'static str, String, u32),
    Directory(&'static str),
    Link(&'static str, &'static str),
}

/// A call.
#[derive(Clone, Debug)]
enum Call {
    Write(&'static str, String, bool),
    Append(&'static str, String),
    Edit(&'static str, &'static str),
    MakeDir(&'static str),
    Delete(&'static str, bool),
    Copy(&'static str, &'static str, bool),
    Move(&'static str, &'static str),
    List(&'static str),
    Stat(&'static str),
    Search,
}

fn path() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec!["a", "b", "a/b", "a/c", "a/b/c", "b/a", "c", "c/d/e", "a.b", "link", "link/b", "."])
}

fn content() -> impl Strategy<Value = String> {
    prop::sample::select(vec!["", "x", "x\ny\n", "longer text x"]).prop_map(str::to_owned)
}

fn start() -> impl Strategy<Value = Start> {
    prop_oneof![
        4 => (path(), content(), prop::sample::select(vec![0o644, 0o755, 0o600, 0o444, 0o711]))
            .prop_map(|(path, text, mode)| Start::File(path, text, mode)),
        1 => path().prop_map(Start::Directory),
        1 => (path(), prop::sample::select(vec!["a", "b", "../a", "c/d", "nowhere", "../../out", "."]))
            .prop_map(|(path, target)| Start::Link(path, target)),
    ]
}

fn any_call() -> impl Strategy<Value = Call> {
    prop_oneof![
        3 => (path(), content(), any::<bool>()).prop_map(|(p, t, x)| Call::Write(p, t, x)),
        1 => (path(), content()).prop_map(|(p, t)| Call::Append(p, t)),
        1 => (path(), content()).prop_map(|(p, _)| Call::Edit(p, "x")),
        1 => path().prop_map(Call::MakeDir),
        3 => (path(), any::<bool>()).prop_map(|(p, r)| Call::Delete(p, r)),
        3 => (path(), path(), any::<bool>()).prop_map(|(f, t, r)| Call::Copy(f, t, r)),
        3 => (path(), path()).prop_map(|(f, t)| Call::Move(f, t)),
        1 => path().prop_map(Call::List),
        1 => path().prop_map(Call::Stat),
        1 => Just(Call::Search),
    ]
}

fn make(place: &Place, start: &Start) {
    // What does not fit onto what is there is left out.
    let (Start::File(path, ..) | Start::Directory(path) | Start::Link(path, _)) = start;
    let full = place.root().join(path);
    if full.symlink_metadata().is_ok() || std::fs::create_dir_all(full.parent().unwrap()).is_err() {
        return;
    }
    if !full.parent().unwrap().canonicalize().unwrap().starts_with(place.root()) {
        return;
    }
    match start {
        Start::File(path, text, mode) => {
            place.put(path, text);
            place.mode(path, *mode);
        }
        Start::Directory(_) => std::fs::create_dir(full).unwrap(),
        Start::Link(path, target) => place.link(target, path),
    }
}

fn make_call(overlay: &mut Overlay, a_call: &Call) -> Result<Value, String> {
    let flag = Value::Bool;
    let (tool, args) = match a_call {
        Call::Write(p, t, x) => ("fs.write", vec![("path", text(p)), ("text", text(t)), ("executable", flag(*x))]),
        Call::Append(p, t) => ("fs.append", vec![("path", text(p)), ("text", text(t))]),
        Call::Edit(p, find) => {
            let edit = Value::record([("find", text(find)), ("replace", text("y"))]);
            ("fs.edit", vec![("path", text(p)), ("edits", Value::list([edit]))])
        }
        Call::MakeDir(p) => ("fs.make_dir", vec![("path", text(p))]),
        Call::Delete(p, r) => ("fs.delete", vec![("path", text(p)), ("recursive", flag(*r))]),
        Call::Copy(f, t, r) => ("fs.copy", vec![("from", text(f)), ("to", text(t)), ("replace", flag(*r))]),
        Call::Move(f, t) => ("fs.move", vec![("from", text(f)), ("to", text(t))]),
        Call::List(p) => ("fs.list", vec![("path", text(p))]),
        Call::Stat(p) => ("fs.stat", vec![("path", text(p))]),
        Call::Search => ("fs.search", vec![("pattern", text("x"))]),
    };
    call(overlay, tool, &args).map_err(|error| error.message)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn simulated_and_real_calls_agree_and_can_be_taken_back(
        starts in prop::collection::vec(start(), 0..8),
        calls in prop::collection::vec(any_call(), 1..10),
    ) {
        let place = Place::new();
        starts.iter().for_each(|start| make(&place, start));
        let before = picture(place.root());
        let mut simulated = place.overlay();
        let mut predictions = Vec::new();
        for a_call in &calls {
            let result = make_call(&mut simulated, a_call);
            predictions.push((result, simulated.take_changes(), simulated.take_observations()));
        }
        prop_assert_eq!(&before, &picture(place.root()), "a dry run changed the tree");

        let mut done: Vec<Change> = Vec::new();
        for (a_call, (result, changes, observations)) in calls.iter().zip(predictions) {
            let mut overlay = place.overlay();
            prop_assert_eq!(&make_call(&mut overlay, a_call), &result, "{:?}", a_call);
            prop_assert_eq!(overlay.take_observations(), observations, "{:?}", a_call);
            let applied = place.apply(&mut overlay);
            prop_assert_eq!(&applied, &changes, "{:?}", a_call);
            if let Some(change) = applied.last() {
                prop_assert_eq!(place.workspace.apply(change, &place.contents), Ok(Applied::Already));
            }
            done.extend(applied);
        }
        for change in done.iter().rev() {
            prop_assert_eq!(place.workspace.restore(change, &place.contents), Ok(Applied::Changed));
        }
        prop_assert_eq!(before, picture(place.root()), "what was taken back is not as it was");
    }
}
