//! A person at a terminal, who sees what waits and says yes to exactly that.

use crate::place::Place;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};

/// The digest of the one plan that waits, as a person is shown it.
#[track_caller]
pub fn sees_what_waits(place: &Place) -> String {
    let runs = prints(place, &["--format", "json", "runs"]);
    let waiting: Vec<_> = runs["runs"].as_array().into_iter().flatten().collect();
    assert!(waiting.len() == 1 && waiting[0]["status"] == "needs approval", "{runs}");
    waiting[0]["digest"].as_str().expect("a plan has a digest").to_owned()
}

/// Says yes to a digest with `planc approve`; gives what stood on the screen.
pub fn approves(place: &Place, digest: &str) -> String {
    let size = PtySize { rows: 40, cols: 90, pixel_width: 0, pixel_height: 0 };
    let pair = native_pty_system().openpty(size).expect("a terminal can be had");
    let mut command = CommandBuilder::new(place.at("bin/planc"));
    command.args(["approve", digest]);
    command.cwd(place.ws());
    command.env_clear();
    command.env("HOME", place.at("home"));
    command.env("TERM", "xterm-256color");
    let mut child = pair.slave.spawn_command(command).expect("planc can be started");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("a terminal can be read");
    let mut writer = pair.master.take_writer().expect("a terminal can be written to");
    let (mut screen, mut buffer, mut answered) = (Vec::new(), [0; 4096], false);
    while let Ok(n @ 1..) = reader.read(&mut buffer) {
        screen.extend(&buffer[..n]);
        if !answered && String::from_utf8_lossy(&screen).contains("Only `yes` is a yes: ") {
            writer.write_all(b"yes\n").expect("a terminal can be written to");
            answered = true;
        }
    }
    let screen = String::from_utf8_lossy(&screen).into_owned();
    assert!(child.wait().expect("it was started").success(), "{screen}");
    screen
}

/// What a command of an operator prints, as JSON.
#[track_caller]
pub fn prints(place: &Place, args: &[&str]) -> serde_json::Value {
    crate::place::said(place.bare(args)).exits(0).json()
}
