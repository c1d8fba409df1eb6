//! Attempts to reach more of the network than the ports of the `contact` lines, and to be reached.

use crate::place::{Place, skipped};
use std::net::TcpListener;
use std::path::Path;
use std::time::Duration;

const PYTHON: &str = "/usr/bin/python3";

/// Tries each way to a port, which it is told, and says which led there.
const SCRIPT: &str = r#"
import socket, sys
there = ("127.0.0.1", int(sys.argv[1]))
def of(*kind):
    made = socket.socket(*kind)
    made.settimeout(3)
    return made
def plain():
    of().connect(there)
def fast():
    of().sendto(b"x", 0x20000000, there)
def fast_message():
    of().sendmsg([b"x"], [], 0x20000000, there)
def fast_connect():
    s = of(); s.setsockopt(6, 30, 1); s.connect(there); s.sendall(b"x")
def multipath():
    of(socket.AF_INET, socket.SOCK_STREAM, 262).connect(there)
def multipath_listens():
    s = of(socket.AF_INET, socket.SOCK_STREAM, 262); s.bind(("127.0.0.1", 0)); s.listen(1)
def listens():
    of().listen(1)
def another_protocol():
    s = of(); s.setsockopt(6, 31, b"smc")
def kinds():
    for kind in (3, 4, 5, 6, 10):
        try: socket.socket(socket.AF_INET, kind, 0)
        except OSError: continue
        return
    raise OSError("none")
def protocols():
    for kind, protocol in ((1, 132), (1, 256), (2, 136), (5, 132), (6, 33), (2, 1), (3, 255)):
        try: socket.socket(socket.AF_INET, kind, protocol)
        except OSError: continue
        return
    raise OSError("none")
for way in (plain, fast, fast_message, fast_connect, multipath, multipath_listens, listens, another_protocol, kinds, protocols):
    try:
        way()
        print("REACHED", way.__name__)
    except OSError:
        pass
of(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", there)
print("tried")
"#;

fn plan(port: u16, contact: &str) -> String {
    format!(
        "plan \"p\" {{\n  critical {{\n    run \"python3\"\n    contact \"{contact}\"\n  }}\n  step a = process.run(argv: [\"python3\", \"t.py\", \"{port}\"]) {{\n    timeout 40s\n  }}\n  output said = a.stdout\n}}\n"
    )
}

#[test]
fn only_the_ports_of_the_lines_are_reached_and_nobody_comes_in() {
    if !Path::new(PYTHON).exists() {
        return skipped("the ports of a cell", "there is no python3");
    }
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    listener.set_nonblocking(true).unwrap();
    let place = Place::new();
    place.put("planc.toml", "[programs]\nnetwork = \"contact\"\n").put("t.py", SCRIPT);
    place.put("p.pl", plan(port, "example.org:443"));
    let digest = place.digest("p.pl");
    let said = place.planc(&["--format", "json", "run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert!(said.out.contains("tried") && !said.out.contains("REACHED"), "{}", said.short());
    std::thread::sleep(Duration::from_millis(200));
    assert!(listener.accept().is_err(), "somebody came");
    // What a line names is reached, in the one way that the kernel looks at.
    place.put("p.pl", plan(port, &format!("127.0.0.1:{port}")));
    let digest = place.digest("p.pl");
    let said = place.planc(&["--format", "json", "run", &format!("--approve={digest}"), "p.pl"]).exits(0);
    assert!(said.out.contains("REACHED plain") && !said.out.contains("REACHED multipath"), "{}", said.short());
    assert!(!said.out.contains("REACHED listens") && !said.out.contains("REACHED fast\\n"), "{}", said.short());
}
