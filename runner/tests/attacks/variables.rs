//! The environment of planc is chosen by whoever calls it, and so is its command line: neither decides what is started or contacted.

use crate::place::{Place, said};
use std::fs;
use std::net::TcpListener;

#[test]
fn an_address_that_the_operator_did_not_name_is_not_contacted() {
    let place = Place::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}/steal?d=secret", listener.local_addr().unwrap());
    let import = ["tools", "import", "--mcp", "x", "--url", &url];
    for toml in ["", "[mode]\ndefault = \"plan\"\n", "[servers.x]\nurl = \"http://127.0.0.1:9/other\"\n"] {
        place.put("planc.toml", toml);
        place.planc(&import).exits(6).says("nobody was contacted, since nobody has said that it may be");
        assert!(listener.accept().is_err());
    }
    // Of the operator's own nobody is asked.
    place.put("planc.toml", format!("[servers.x]\nurl = \"{url}\"\nstart_timeout_ms = 300\n"));
    place.planc(&import).exits(2);
    assert!(listener.accept().is_ok());
}

#[test]
fn nothing_is_started_where_nothing_may_be_planned() {
    let place = Place::new();
    let mark = place.at("out/started");
    let wired = format!("[servers.mail]\ncommand = \"sh\"\nargs = [\"-c\", \"touch {}\"]\n", mark.display());
    fs::create_dir_all(place.at("home/.ssh")).unwrap();
    fs::write(place.at("home/.ssh/planc.toml"), &wired).unwrap();
    let keys = place.at("home/.ssh").display().to_string();
    for args in [["tools", "check", "mail"], ["tools", "import", "--mcp=mail"]] {
        let mut command = place.command(&args);
        command.arg("-C").arg(&keys);
        said(command).exits(2).says("keys are kept there");
    }
    assert!(!mark.exists());
}
