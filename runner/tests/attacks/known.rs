//! What counts as known in a run is what a person could see: on a card that was shown, or as the run itself has left it, made of what was known.

use crate::meanwhile::{EVIL, MAIN, log, place, plan};
use crate::place::Place;
use crate::signed::QUESTION;
use crate::terminal::{Act, on_terminal};
use std::fs;

/// `lib` is evil, and then another one takes its place.
fn away(place: &Place) {
    fs::rename(place.ws().join("lib"), place.at("out/lib")).unwrap();
    place.put("lib/a.sh", "true # harmless\n");
}

/// The evil one comes back, as it was.
fn back(place: &Place) {
    fs::rename(place.ws().join("lib"), place.at("out/harmless")).unwrap();
    fs::rename(place.at("out/lib"), place.ws().join("lib")).unwrap();
}

/// Nothing is known in a run before it begins: who tries to go on with it without a yes does not choose the card that it goes by.
#[test]
fn a_run_without_a_yes_keeps_nothing() {
    let place = place();
    place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
    let digest = place.digest("p.pl");
    place.planc(&["resume", &digest]).exits(3);
    away(&place);
    assert_eq!(place.digest("p.pl"), digest);
    back(&place);
    place.planc(&["run", &format!("--approve={digest}"), "p.pl"]).exits(3).says("content of lib/a.sh");
    assert_eq!(log(&place), "");
    // Nor is anybody asked about what was on the card.
    let place = self::place();
    place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
    place.planc(&["resume", &place.digest("p.pl")]).exits(3);
    place.put("lib/a.sh", "true\n");
    let (code, shown) = on_terminal(&place, &["run", "--approve", "p.pl"], QUESTION, &Act::Type(b"yes\n"));
    assert_eq!((code, log(&place).as_str()), (0, ""), "{shown}");
}

/// The card of a stored plan says what it said, and a person who reads it sees the workspace as it is now.
#[test]
fn what_was_another_one_when_a_card_was_shown_is_told() {
    let shown: [fn(&Place, &str); 3] = [
        |place, digest| {
            let (code, shown) = on_terminal(place, &["approve", digest], QUESTION, &Act::Type(b"yes\n"));
            assert_eq!(code, 0, "{shown}");
        },
        |place, digest| _ = place.planc(&["show", digest]).exits(0),
        |place, digest| _ = place.planc(&["approve", digest, "--statement", "../out/s.json"]).exits(0),
    ];
    for (index, show) in shown.into_iter().enumerate() {
        let place = place();
        place.put("lib/a.sh", EVIL).put("p.pl", plan(MAIN));
        let digest = place.digest("p.pl");
        away(&place);
        show(&place, &digest);
        back(&place);
        let yes = format!("--approve={digest}");
        let run: &[&str] = if index == 0 { &["run", "p.pl"] } else { &["run", &yes, "p.pl"] };
        place.planc(run).exits(3).says("content of lib/a.sh");
        assert_eq!(log(&place), "", "{index}");
    }
}
