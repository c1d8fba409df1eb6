//! The environment of planc is chosen by whoever calls it: no variable of it decides what runs in the open, and what a program
//! was approved with it runs with.

use crate::looks::in_a_copy;
use crate::place::{Place, Said, said, text, until};
use planc_lang::digest::Digest;
use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Stdio;

/// A plan that runs a script with `sh`.
fn runs(script: &str) -> String {
    format!(
        "plan \"r\" {{\n  critical {{ run \"sh -c\" }}\n  step a = process.run(argv: [\"sh\", \"-c\", {script:?}])\n}}\n"
    )
}

/// A place whose scripts run in the open, with more settings of `[programs]`.
fn open(more: &str) -> Place {
    let place = Place::new();
    place.put("planc.toml", format!("[programs]\nopen = [\"sh -c\"]\n{more}"));
    place
}

fn account_home() -> PathBuf {
    planc::config::account_home().expect("the system knows the account")
}

/// A command with other variables.
fn with(place: &Place, args: &[&str], variables: &[(&str, &str)]) -> Said {
    let mut command = place.command(args);
    command.envs(variables.iter().copied());
    said(command)
}

/// A folder of programs that leave a mark, in the place of others; and what they leave.
fn evil(place: &Place) -> (String, PathBuf) {
    let mark = place.at("out/evil");
    fs::create_dir_all(place.at("first")).unwrap();
    for name in ["date", "sh", "server"] {
        place.program(&format!("first/{name}"), &format!("echo {name} >> {}", mark.display()));
    }
    (place.at("first").display().to_string(), mark)
}

#[test]
fn neither_home_nor_path_of_the_caller_chooses_what_runs_in_the_open() {
    let place = open("");
    let (first, mark) = evil(&place);
    // Without a folder that counts a shell would look in the folder that it runs in.
    place.program("ws/date", &format!("echo here >> {}", mark.display()));
    let out = place.at("out/env");
    place.put("p.pl", runs(&format!("echo $HOME > {}; date > /dev/null", out.display())));
    let elsewhere = place.at("out").display().to_string();
    for path in [format!("{first}:/usr/bin:/bin"), first.clone(), String::new(), ":.:".into()] {
        let _ = fs::remove_file(&out);
        let variables = [("PATH", path.as_str()), ("HOME", elsewhere.as_str())];
        let report = with(&place, &["--format", "json", "plan", "p.pl"], &variables).exits_with(&[0, 1]);
        let Some(digest) = report.json()["digest"].as_str().map(str::to_owned) else { continue };
        let ran = with(&place, &["run", &format!("--approve={digest}"), "p.pl"], &variables);
        assert!(!mark.exists(), "{path}: {}", ran.short());
        // Where its name leads to a folder that does not count, it has not run in the open at all.
        if let Ok(home) = fs::read_to_string(&out) {
            assert_eq!(home.trim(), account_home().display().to_string(), "{path}");
        }
    }
    let variables = [("HOME", elsewhere.as_str()), ("CARGO_HOME", &elsewhere), ("TMPDIR", &elsewhere), ("LC_X", "x")];
    place.put("q.pl", runs(&format!("env > {}", out.display())));
    let digest = place.digest("q.pl");
    with(&place, &["run", &format!("--approve={digest}"), "q.pl"], &[("HOME", &elsewhere)]).exits(0);
    let report = with(&place, &["--format", "json", "plan", "q.pl"], &variables).exits(0).json();
    let digest = report["digest"].as_str().unwrap().to_owned();
    with(&place, &["run", &format!("--approve={digest}"), "q.pl"], &variables).exits(0);
    let env = fs::read_to_string(&out).unwrap();
    assert!(!env.contains(&elsewhere) && !env.contains("LC_X"), "{env}");
}

#[test]
fn a_server_starts_with_nothing_that_the_caller_chose() {
    let place = Place::new();
    let (first, mark) = evil(&place);
    let out = place.at("out/env");
    fs::write(place.at("server.sh"), format!("env > {}; exit 1\n", out.display())).unwrap();
    let settings = |more: &str| {
        format!("[servers.mail]\ncommand = \"sh\"\nargs = [\"{}\"]\n{more}", place.at("server.sh").display())
    };
    let elsewhere = place.at("out").display().to_string();
    let path = format!("{first}:{}:/usr/bin:/bin", place.at("out").display());
    let variables =
        [("HOME", elsewhere.as_str()), ("PATH", &path), ("TMPDIR", &elsewhere), ("RUSTUP_HOME", &elsewhere)];
    place.put("planc.toml", settings(""));
    with(&place, &["tools", "check"], &variables).exits(2);
    let env = fs::read_to_string(&out).unwrap();
    assert!(env.contains(&format!("HOME={}\n", account_home().display())) && !env.contains(&elsewhere), "{env}");
    assert!(!env.contains(&first) && !mark.exists(), "{env}");
    // What the operator lists is passed on.
    place.put("planc.toml", settings("pass_env = [\"HOME\", \"TMPDIR\"]\n"));
    with(&place, &["tools", "check"], &variables).exits(2);
    let env = fs::read_to_string(&out).unwrap();
    assert!(env.contains(&format!("HOME={elsewhere}\n")) && env.contains(&format!("TMPDIR={elsewhere}\n")), "{env}");
    // A link in a folder that counts leads into the workspace no more than the folder does.
    place.put("planc.toml", "[servers.mail]\ncommand = \"server\"\npass_env = [\"PATH\"]\n");
    place.program("ws/server", &format!("echo ws >> {}", mark.display()));
    std::os::unix::fs::symlink(place.ws().join("server"), place.at("bin/server")).unwrap();
    place.planc(&["tools", "check"]).exits(2).says("there is no program `server`");
    assert!(!mark.exists());
}

#[test]
fn an_approval_is_for_the_values_that_programs_get() {
    let mut place = open("pass_env = [\"DEPLOY\"]\n");
    let out = place.at("out/deployed");
    place.put("p.pl", runs(&format!("echo $DEPLOY >> {}", out.display())));
    place.env = vec![("DEPLOY".into(), "staging".into()), ("LANG".into(), "C".into())];
    let digest = place.digest("p.pl");
    let run = place.last_run();
    let path = format!("{}:/usr/bin:/bin", evil(&place).0);
    for (name, value) in [("DEPLOY", "production"), ("LANG", "de_DE.UTF-8"), ("TZ", "Asia/Tokyo"), ("PATH", &path)] {
        let differs = format!("the variable `{name}` has another value");
        with(&place, &["run", &format!("--approve={digest}"), "p.pl"], &[(name, value)]).exits(5).says(&differs);
    }
    place.yes(&digest);
    with(&place, &["run", &run], &[("DEPLOY", "production")]).exits(5).says("another value of `DEPLOY`");
    assert!(!out.exists());
    // What nobody gets is nobody's concern: another terminal of the same person.
    let another = [
        ("HOME", "/nowhere"),
        ("TERM", "vt100"),
        ("LC_TERMINAL", "x"),
        ("USER", "x"),
        ("SSH_TTY", "x"),
        ("PATH", "/usr/bin:/bin"),
    ];
    with(&place, &["run", &run], &another).exits(0);
    assert_eq!(fs::read_to_string(&out).unwrap(), "staging\n");
    // The value may be a secret: who has the digest does not find it out by trying.
    let bound: String =
        place.database().query_row("SELECT text FROM bounds WHERE digest = ?1", [&digest], |row| row.get(0)).unwrap();
    assert!(bound.contains("DEPLOY") && !bound.contains("staging"), "{bound}");
    assert!(!bound.contains(&Digest::of(b"staging").to_string()), "{bound}");
}

/// Whoever calls planc chooses no program that a cell finds: no folder of the workspace is in its `PATH`, whatever is there and
/// whenever it came, and of others what was bound.
#[test]
fn a_cell_finds_programs_only_where_they_are_bound() {
    let place = Place::new();
    place.put("p.pl", "plan \"p\" {\n  critical {\n    run \"sh\"\n    create \"*\"\n  }\n  step w = process.run(argv: [\"sh\", \"-c\", \"touch begun; sleep 2\"])\n  step c = process.run(argv: [\"sh\", \"-c\", \"date > out; echo $PATH >> out\"])\n}\n");
    let approve = format!("--approve={}", place.digest("p.pl"));
    let program = |folder: &std::path::Path| {
        fs::create_dir_all(folder).unwrap();
        fs::write(folder.join("date"), "#!/bin/sh\necho evil\n").unwrap();
        fs::set_permissions(folder.join("date"), fs::Permissions::from_mode(0o755)).unwrap();
    };
    let (own, way, other) = (place.ws().join("bin"), place.at("way"), place.at("late/bin"));
    std::os::unix::fs::symlink(&own, &way).unwrap();
    let path = format!("{}:{}:{}:/usr/bin:/bin", own.display(), way.display(), other.display());
    let mut command = place.command(&["run", &approve, "p.pl"]);
    let child = command.env("PATH", &path).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    until("the first program has begun", || in_a_copy(&place, "begun"));
    program(&own);
    program(&other);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let found = place.get("out");
    assert!(!found.contains("evil") && found.ends_with("/usr/bin:/bin\n") && !found.contains("late"), "{found}");
    // A folder with more than anybody looks at is bound as any other.
    fs::remove_file(other.join("date")).unwrap();
    for number in 0..10_100 {
        fs::write(other.join(number.to_string()), "").unwrap();
    }
    program(&other);
    let approve = format!("--approve={}", place.digest("p.pl"));
    let differs = "the variable `PATH` has another value";
    with(&place, &["run", &approve, "p.pl"], &[("PATH", &path)]).exits(5).says(differs);
}

#[test]
fn what_takes_back_has_the_variables_that_were_approved() {
    let mut place = open("pass_env = [\"DEPLOY\"]\n");
    let out = place.at("out/undone");
    place.put(
        "p.pl",
        format!(
            "plan \"u\" {{\n  critical {{ run \"sh -c\" }}\n  step a = process.run(argv: [\"sh\", \"-c\", \"true\"]) {{\n    undo process.run(argv: [\"sh\", \"-c\", \"echo $DEPLOY >> {}\"])\n  }}\n}}\n",
            out.display()
        ),
    );
    place.env = vec![("DEPLOY".into(), "staging".into())];
    place.run("p.pl").exits(0);
    let run = place.last_run();
    with(&place, &["undo", &run], &[("DEPLOY", "production")]).exits(5).says("another value of `DEPLOY`");
    assert!(!out.exists());
    place.planc(&["undo", &run]).exits(0);
    assert_eq!(fs::read_to_string(&out).unwrap(), "staging\n");
}

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

#[test]
fn the_callers_umask_opens_nothing() {
    let place = open("");
    place.put("p.pl", runs("mkdir dir; echo > file; umask"));
    place.put(
        "q.pl",
        "plan \"q\" {\n  critical {\n    create \"*\"\n    run \"sh\"\n  }\n  step a = process.run(argv: [\"sh\", \"-ec\", \"mkdir in; echo > made; umask\"])\n}\n",
    );
    let digest = place.digest("p.pl");
    for (args, path) in [
        (vec!["run".to_owned(), format!("--approve={digest}"), "p.pl".into()], "file"),
        (vec!["run".to_owned(), "--approve".into(), "q.pl".into()], "made"),
    ] {
        let mut command = std::process::Command::new("sh");
        let planc = place.command(&args.iter().map(String::as_str).collect::<Vec<_>>());
        command.args(["-c", "umask 0; exec \"$@\"", "sh"]).arg(planc.get_program()).args(planc.get_args());
        command.current_dir(place.ws()).env_clear();
        command.envs(planc.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
        use std::os::unix::fs::PermissionsExt;
        let mode = place.ws().join(path).metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o644, "{path}");
    }
}

#[test]
fn an_approval_is_for_what_a_server_is_told() {
    let wirings = [
        "command = \"true\"\npass_env = [\"TOKEN\"]\n",
        "url = \"http://127.0.0.1:9/mcp\"\nheaders_from_env = { \"X-Account\" = \"TOKEN\" }\n",
    ];
    for wiring in wirings {
        let mut place = Place::new();
        place.put("planc.toml", format!("[catalogues]\nfiles = [\"mail.pl\"]\n[servers.mail]\n{wiring}"));
        place.put("mail.pl", "catalogue mail {\n  tool cancel() {\n    writes \"mail:all\"\n  }\n}\n");
        place.put("p.pl", "plan \"m\" {\n  critical { modify \"mail:all\" }\n  step a = mail.cancel()\n}\n");
        place.env = vec![("TOKEN".into(), "ours".into())];
        let digest = place.digest("p.pl");
        assert_eq!(digest, place.digest("p.pl"));
        let run = format!("--approve={digest}");
        with(&place, &["run", &run, "p.pl"], &[("TOKEN", "theirs")]).exits(5).says("`TOKEN` has another value");
    }
}

/// What planc is made of reads more variables than planc: where a host is looked for, where files lie, how memory is had.
#[test]
fn planc_itself_has_no_variable_that_it_does_not_read() {
    let place = Place::new();
    let foreign =
        ["LOCALDOMAIN", "RES_OPTIONS", "HOSTALIASES", "NIS_PATH", "GCONV_PATH", "GLIBC_TUNABLES", "MALLOC_CHECK_"];
    let foreign =
        [&foreign[..], &["TZDIR", "SQLITE_TMPDIR", "GIT_DIR", "TOKIO_WORKER_THREADS", "NO_PROXY", "DEPLOY"]].concat();
    let own = ["NO_COLOR", "TERM", "TZ", "SSL_CERT_FILE", "SSH_AUTH_SOCK"];
    let mut command = place.command(&["mcp"]);
    command.envs(foreign.iter().chain(&own).map(|name| (*name, "1")));
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = command.spawn().unwrap();
    let has = |name: &str| {
        let environment = fs::read(format!("/proc/{}/environ", child.id())).unwrap();
        text(&environment).split('\0').any(|one| one.starts_with(&format!("{name}=")))
    };
    // It goes on as the same process, unless the tests stand between the two.
    if command.get_program() != "setsid" {
        until("planc has begun again", || has("PLANC_ASIDE_DEPLOY"));
        assert!(foreign.iter().all(|name| !has(name)) && own.iter().all(|name| has(name)));
    }
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}

/// A name under which a variable is put aside stands for no variable that planc reads.
#[test]
fn what_is_put_aside_replaces_nothing() {
    let place = open("pass_env = [\"DEPLOY\"]\n");
    let out = place.at("out/env");
    place.put("p.pl", runs(&format!("env > {}", out.display())));
    let variables = [
        ("PLANC_ASIDE_HOME", "/evil"),
        ("PLANC_ASIDE_PATH", "/evil"),
        ("PLANC_ASIDE_", "/evil"),
        ("DEPLOY", "here"),
        ("X", "/evil"),
    ];
    let report = with(&place, &["--format", "json", "plan", "p.pl"], &variables).exits(0).json();
    let digest = report["digest"].as_str().unwrap().to_owned();
    with(&place, &["run", &format!("--approve={digest}"), "p.pl"], &variables).exits(0);
    let env = fs::read_to_string(&out).unwrap();
    assert!(env.contains("DEPLOY=here") && !env.contains("evil") && !env.contains("ASIDE"), "{env}");
    // Too much of it, and nothing happens.
    let much = "x".repeat(131_065 - "MUCH=".len());
    with(&place, &["plan", "p.pl"], &[("MUCH", &much)]).exits(2).says("cannot begin again without the variables");
}
