//! planc on a terminal of its own, with somebody who types.

use crate::place::Place;
use portable_pty::{CommandBuilder, PtySize, native_pty_system};
use std::io::{Read, Write};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// Runs planc in a place on a terminal and types each answer at its question; gives the screen and the exit code.
pub fn typed(place: &Place, args: &[&str], script: &[(&str, &str)]) -> (String, u32) {
    let pair = native_pty_system()
        .openpty(PtySize { rows: 40, cols: 110, pixel_width: 0, pixel_height: 0 })
        .expect("a terminal can be had");
    let mut command = CommandBuilder::new(env!("CARGO_BIN_EXE_planc"));
    command.args(args);
    command.arg("--state-dir");
    command.arg(place.state());
    command.cwd(place.ws());
    command.env_clear();
    command.env("TERM", "xterm");
    for (name, value) in place.variables() {
        command.env(name, value);
    }
    let mut child = pair.slave.spawn_command(command).expect("planc can be started");
    drop(pair.slave);
    let mut reader = pair.master.try_clone_reader().expect("the terminal can be read");
    let mut writer = pair.master.take_writer().expect("the terminal can be written");
    let (send, receive) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(n @ 1..) = reader.read(&mut buffer) {
            if send.send(buffer[..n].to_vec()).is_err() {
                break;
            }
        }
    });
    let (mut screen, mut script, mut from) = (Vec::new(), script.iter(), 0);
    let mut next = script.next();
    let deadline = Instant::now() + Duration::from_secs(60);
    while let Ok(bytes) = receive.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        screen.extend(bytes);
        // An answer belongs to a question that was asked since the last one.
        if let Some((question, answer)) = next
            && String::from_utf8_lossy(&screen[from..]).contains(question)
        {
            from = screen.len();
            writer.write_all(format!("{answer}\n").as_bytes()).expect("it can be typed");
            next = script.next();
        }
    }
    let code = child.wait().expect("planc ends").exit_code();
    (String::from_utf8_lossy(&screen).into_owned(), code)
}
