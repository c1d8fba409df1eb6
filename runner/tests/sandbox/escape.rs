//! Attempts to get out of a cell: each does what it can, and nothing outside has changed, nothing secret was read.

use crate::place::{Place, Said, picture, skipped};
use std::fs;
use std::net::{TcpListener, UdpSocket};
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

const PYTHON: &str = "/usr/bin/python3";

/// Runs a script with a program in a cell in which all of the workspace may be changed. What it says is shown.
fn attempt(place: &Place, argv: &[&str], script: &str) -> Said {
    place.put("attempt", script);
    let words: Vec<String> = argv.iter().map(|word| format!("{word:?}")).collect();
    let text = format!(
        "plan \"x\" {{\n critical {{\n create \"**\"\n modify \"**\"\n delete \"**\"\n run \"{}\"\n }}\n step s = process.run(argv: [{}, \"attempt\"], success: [0, 1, 2]) {{ timeout 20s\n }}\n output said = s.stdout\n output err = s.stderr\n}}\n",
        argv[0],
        words.join(", ")
    );
    place.put("p.pl", text);
    place.planc(&["--format", "json", "run", "--approve", "p.pl"])
}

fn sh(place: &Place, script: &str) -> Said {
    attempt(place, &["sh"], script)
}

/// None: there is no python to try with.
fn python(place: &Place, script: &str) -> Option<Said> {
    match Path::new(PYTHON).exists() {
        true => Some(attempt(place, &["python3"], script)),
        false => {
            skipped("an escape", "there is no python3");
            None
        }
    }
}

#[test]
fn nothing_outside_is_written_whatever_the_way() {
    let place = Place::new();
    fs::write(place.at("out/file"), "precious").unwrap();
    let before = picture(&place.at("out"));
    let home = picture(&place.at("home"));
    let out = place.at("out");
    place.link(&out, "led");
    let script = format!(
        "out={}; for f in $out/new led/new ~/.profile /etc/planc-x /usr/planc-x /planc-x /proc/sys/kernel/core_pattern; do echo evil > $f && echo WROTE $f; done 2>/dev/null\n\
         ln -s $out here; echo evil > here/new; cp -r . $out/ ; mkdir -p $out && echo evil > $out/file; rm -rf $out\n\
         chmod 777 $out /usr /etc/hostname && echo CHMOD; chown 1:1 /etc/hostname && echo CHOWN; touch -d 2001-01-01 /etc/hostname && echo TOUCH; true",
        out.display()
    );
    let said = sh(&place, &script);
    // Into its own home a program may write: it is thrown away.
    for path in ["/etc", "/usr", "/planc-x", "/proc"] {
        assert!(!said.out.contains(&format!("WROTE {path}")), "{}", said.short());
    }
    for done in ["CHMOD", "CHOWN", "TOUCH"] {
        assert!(!said.out.contains(done), "{}", said.short());
    }
    assert_eq!((picture(&place.at("out")), picture(&place.at("home"))), (before, home), "{}", said.short());
    assert!(!Path::new("/etc/planc-x").exists() && !Path::new("/planc-x").exists());
}

#[test]
fn state_keys_and_configuration_are_not_there() {
    let place = Place::new();
    place.put("planc.toml", "# TOP-SECRET-CONFIG\n");
    for key in [".ssh/id_ed25519", ".aws/credentials", ".netrc", ".config/gh/hosts.yml", "notes"] {
        let file = place.at("home").join(key);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "TOP-SECRET-KEY").unwrap();
    }
    let script = format!(
        "cat planc.toml {state}/* {home}/.ssh/* {home}/notes ~/.ssh/* ~/.aws/* ~/.netrc ~/notes ~/.config/gh/* /etc/shadow 2>/dev/null; ls -A {state} 2>/dev/null; ls -A ~; grep -rs TOP-SECRET . /tmp ~ ; cat /proc/1/environ | tr '\\0' '\\n'; true",
        state = place.state().display(),
        home = place.at("home").display()
    );
    // The script itself is passed over: it names what it looks for.
    let said = sh(&place, &script.replace("grep -rs", "grep -rs --exclude=attempt --exclude=p.pl")).exits(0);
    for secret in ["SECRET-CONFIG", "SECRET-KEY", "planc.db", "root:", ".ssh", "HOME="] {
        assert!(!said.out.contains(secret), "{secret}: {}", said.short());
    }
}

#[test]
fn planc_toml_cannot_be_made_or_changed() {
    for script in [
        "echo x > planc.toml",
        "mkdir sub; echo '[programs]' > sub/planc.toml",
        "rm -f planc.toml",
        "mv planc.toml x",
        "mkdir .planc",
    ] {
        for there in [true, false] {
            let place = if there { Place::new() } else { Place::new().unsaid() };
            if there {
                place.put("planc.toml", "# mine\n");
            }
            let said = sh(&place, script);
            let kept = if there { place.get("planc.toml") == "# mine\n" } else { !place.has("planc.toml") };
            assert!(kept && !place.has("sub/planc.toml") && !place.has(".planc"), "{script}: {}", said.short());
        }
    }
}

/// To git it is neither emptied nor changed, so that nothing of it is committed but what stands there.
#[test]
fn in_a_repository_planc_toml_is_as_it_is() {
    for (content, added, changed) in [
        ("", true, ""),
        ("# mine\n", true, "# mine\n"),
        ("# mine\n", true, "# more\n"),
        ("# mine\n", false, "# mine\n"),
    ] {
        let place = Place::new();
        place.put("planc.toml", content).put("a.txt", "a\n");
        let git = |script: &str| {
            let done = std::process::Command::new("sh").args(["-ec", script]).current_dir(place.ws()).output().unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            String::from_utf8(done.stdout).unwrap()
        };
        let add = if added { "planc.toml a.txt" } else { "a.txt" };
        git(&format!(
            "git init -q -b main; git config user.email a@b; git config user.name a; git add {add}; git commit -qm one"
        ));
        place.put("a.txt", "b\n").put("planc.toml", changed);
        let said =
            sh(&place, "cat planc.toml; git --no-optional-locks status --porcelain -uno; echo x > planc.toml || true");
        let own = if content == changed { "" } else { " M planc.toml" };
        let told = serde_json::to_string(&[changed, " M a.txt\n", own].concat()).unwrap();
        assert!(said.out.contains(&format!("\"said\":{}", told.trim_end_matches('"'))), "{}", said.short());
        assert_eq!(place.get("planc.toml"), changed);
        // What a cell commits is what stands there.
        place.put(
            "commit.pl",
            "plan \"p\" {\n  critical {\n    run \"git\"\n    create \".git/**\"\n    modify \".git/**\"\n    delete \".git/**\"\n  }\n  step a = process.run(argv: [\"git\", \"add\", \"planc.toml\"])\n  step b = process.run(argv: [\"git\", \"commit\", \"-qam\", \"two\"])\n}\n",
        );
        place.planc(&["run", "--approve", "commit.pl"]).exits(0);
        assert_eq!(git("git show HEAD:planc.toml"), changed);
    }
}

#[test]
fn hooks_of_a_repository_need_a_line_of_their_own() {
    let place = Place::new();
    place.put(".git/HEAD", "ref: refs/heads/main\n").put(".git/config", "").put(".git/hooks/old", "");
    for script in
        ["echo evil > .git/hooks/pre-commit", "echo '[core] fsmonitor=evil' >> .git/config", "rm .git/hooks/old"]
    {
        let before = picture(&place.ws().join(".git"));
        sh(&place, script).exits(6).says(".git/");
        assert_eq!(picture(&place.ws().join(".git")), before, "{script}");
    }
}

#[test]
fn no_network_of_any_kind() {
    let place = Place::new();
    let tcp = TcpListener::bind("127.0.0.1:0").unwrap();
    let udp = UdpSocket::bind("127.0.0.1:0").unwrap();
    udp.set_nonblocking(true).unwrap();
    tcp.set_nonblocking(true).unwrap();
    let path = place.at("out/socket");
    let local = UnixListener::bind(&path).unwrap();
    local.set_nonblocking(true).unwrap();
    let inside = UnixListener::bind(place.ws().join("in-workspace")).unwrap();
    inside.set_nonblocking(true).unwrap();
    let name = format!("planc-test-{}", std::process::id());
    let address =
        <std::os::unix::net::SocketAddr as std::os::linux::net::SocketAddrExt>::from_abstract_name(&name).unwrap();
    let hidden = UnixDatagram::bind_addr(&address).unwrap();
    hidden.set_nonblocking(true).unwrap();
    let script = format!(
        "import socket, os, ctypes\n\
         def t(name, f):\n    try:\n        f(); print('REACHED', name)\n    except OSError as e:\n        print('stopped', name, e.errno)\n\
         S = socket.socket\n\
         t('tcp', lambda: S(2, 1).connect(('127.0.0.1', {})))\n\
         t('udp', lambda: S(2, 2).sendto(b'x', ('127.0.0.1', {})))\n\
         t('udp6', lambda: S(10, 2).bind(('::1', 0)))\n\
         t('unix', lambda: S(1, 1).connect({:?}))\n\
         t('unix in the workspace', lambda: S(1, 1).connect('in-workspace'))\n\
         t('abstract', lambda: S(1, 2).sendto(b'x', '\\0{name}'))\n\
         t('netlink', lambda: S(16, 3, 0))\n\
         t('raw', lambda: S(2, 3, 1))\n\
         t('vsock', lambda: S(40, 1))\n\
         t('packet', lambda: S(17, 3))\n\
         libc = ctypes.CDLL(None, use_errno=True)\n\
         print('io_uring', libc.syscall(425, 8, 0))\n\
         print('x32', libc.syscall(0x40000000 + 41, 2, 2, 0))\n\
         print(os.popen('cat /proc/net/dev | wc -l').read())\n",
        tcp.local_addr().unwrap().port(),
        udp.local_addr().unwrap().port(),
        path.display().to_string(),
    );
    let Some(said) = python(&place, &script) else { return };
    assert!(!said.out.contains("REACHED") && said.out.contains("stopped"), "{}", said.short());
    assert!(said.out.contains("io_uring -1") && said.out.contains("x32 -1"), "{}", said.short());
    let mut buffer = [0; 4];
    assert!(tcp.accept().is_err() && local.accept().is_err() && inside.accept().is_err());
    assert!(udp.recv(&mut buffer).is_err() && hidden.recv(&mut buffer).is_err());
}

#[test]
fn the_kernel_gives_no_way_out() {
    let place = Place::new();
    let script = "import ctypes, os, fcntl, sys\n\
        libc = ctypes.CDLL(None, use_errno=True)\n\
        def call(name, *args):\n    r = libc.syscall(*args); print(name, 'DONE' if r >= 0 else 'stopped')\n\
        call('ptrace', 101, 16, os.getppid(), 0, 0)\n\
        call('unshare', 272, 0x10000000)\n\
        call('mount', 165, b'/usr', b'/tmp', 0, 4096, 0)\n\
        call('umount', 166, b'/proc', 2)\n\
        call('open_tree', 428, -100, b'/', 1)\n\
        call('setns', 308, 0, 0)\n\
        call('chroot', 161, b'/tmp')\n\
        call('clone', 56, 0x10000000 | 17, 0, 0, 0, 0)\n\
        call('clone3', 435, 0, 0)\n\
        call('bpf', 321, 0, 0, 0)\n\
        call('keyctl', 250, 0, -3, 0)\n\
        call('vm_readv', 310, 1, 0, 0, 0, 0, 0)\n\
        call('pidfd_getfd', 438, 3, 0, 0)\n\
        call('handle', 304, -100, 0, 0)\n\
        call('mknod', 133, b'disk', 0o60600, 0x0800)\n\
        call('setuid', 105, 12345)\n\
        try:\n    fcntl.ioctl(0, 0x5412, b'x'); print('tiocsti DONE')\n\
        except OSError: print('tiocsti stopped')\n\
        try:\n    os.open('/dev/tty', 2); print('tty DONE')\n\
        except OSError: print('tty stopped')\n\
        print('pids', sorted(int(p) for p in os.listdir('/proc') if p.isdigit())[:1], len([p for p in os.listdir('/proc') if p.isdigit()]) < 6)\n";
    let Some(said) = python(&place, script) else { return };
    assert!(!said.out.contains("DONE") && said.out.contains("ptrace stopped"), "{}", said.short());
    assert!(said.out.contains("pids [1] True"), "{}", said.short());
}

#[test]
fn nobody_outside_can_be_killed_traced_or_looked_at() {
    let place = Place::new();
    let mut victim = Command::new("sleep").arg("300").spawn().unwrap();
    let (own, planc) = (victim.id(), std::process::id());
    let said = sh(
        &place,
        &format!(
            "kill -9 {own} {planc} 2>&1; kill -9 -1; cat /proc/{own}/cmdline /proc/{planc}/environ 2>&1; echo END"
        ),
    );
    assert!(victim.try_wait().unwrap().is_none(), "{}", said.short());
    assert!(!said.out.contains("sleep") && !said.out.contains("PATH="), "{}", said.short());
    victim.kill().unwrap();
    victim.wait().unwrap();
}

#[test]
fn what_is_left_running_ends_with_the_cell() {
    let place = Place::new();
    // Nothing holds its output any more, and it left its group and its session.
    let began = Instant::now();
    let mark = format!("7{:05}", std::process::id());
    sh(
        &place,
        &format!("setsid sh -c 'trap \"\" TERM HUP; exec sleep {mark}' >/dev/null 2>&1 </dev/null & sleep 0.2; exit 0"),
    )
    .exits(0)
    .says("sleep");
    assert!(began.elapsed() < Duration::from_secs(20));
    let all = Command::new("ps").args(["-eo", "args"]).output();
    assert!(all.is_ok_and(|all| !String::from_utf8_lossy(&all.stdout).contains(&format!("sleep {mark}"))));
}

#[test]
fn a_bomb_of_processes_goes_off_in_its_cell() {
    let place = Place::new();
    place.put("planc.toml", "[programs.limits]\nprocesses = 320\n");
    let script = "import os, time\nn = 0\nfor i in range(2000):\n    try:\n        pid = os.fork()\n    except OSError:\n        print('LIMIT', n); break\n    if pid == 0:\n        time.sleep(30); os._exit(0)\n    n += 1\nelse:\n    print('UNLIMITED', n)\n";
    let Some(said) = python(&place, script) else { return };
    assert!(!said.out.contains("UNLIMITED") && said.out.contains("LIMIT"), "{}", said.short());
}

#[test]
fn memory_files_and_processor_time_are_limited() {
    let place = Place::new();
    place.put("planc.toml", "[programs.limits]\nmemory_mb = 500\nfile_mb = 1\nopen_files = 20\ncpu_s = 1\n");
    let script = "import os, signal\nsignal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n\
        def t(name, f):\n    try:\n        f(); print('DONE', name)\n    except (MemoryError, OSError) as e: print('stopped', name)\n\
        t('memory', lambda: bytearray(800 << 20))\n\
        t('file', lambda: open('big', 'wb', 0).write(b'x' * (2 << 20)) > (1 << 20) or (_ for _ in ()).throw(OSError()))\n\
        t('files', lambda: [open('/dev/null') for _ in range(40)])\n";
    let Some(said) = python(&place, script) else { return };
    for name in ["memory", "file", "files"] {
        assert!(said.out.contains(&format!("stopped {name}")), "{}", said.short());
    }
    let said = sh(&place, "while :; do :; done");
    said.exits(4).says("SIG");
}

#[test]
fn output_without_end_is_bounded() {
    let place = Place::new();
    let began = Instant::now();
    let said = sh(&place, "head -c 300000000 /dev/zero; echo >&2");
    assert!(said.code == Some(0) && said.out.len() < 20_000_000, "{:?}", said.code);
    assert!(began.elapsed() < Duration::from_secs(50));
}

#[test]
fn variables_of_a_plan_reach_the_program_and_not_the_launcher() {
    let place = Place::new();
    place.put("evil.so", "no library");
    let evil = place.ws().join("evil.so");
    let text = format!(
        "plan \"x\" {{\n critical {{\n run \"sh\"\n }}\n step s = process.run(argv: [\"sh\", \"-c\", \"echo got $LD_PRELOAD $PLANC_RUN\"], env: [{{ name: \"LD_PRELOAD\", value: {:?} }}, {{ name: \"PLANC_RUN\", value: \"forged\" }}])\n output said = s.stdout\n output err = s.stderr\n}}\n",
        evil.display().to_string()
    );
    place.put("p.pl", text);
    let said = place.planc(&["--format", "json", "run", "--approve", "p.pl"]).exits(0).says("got ");
    assert!(!said.out.contains("evil.so forged"), "{}", said.short());
    // The loader complains once: of `sh`, and of nobody before it.
    let ended = said.out.lines().find(|line| line.contains("step_succeeded")).expect("the step has ended");
    assert_eq!(ended.matches("ERROR: ld.so").count(), 1, "{}", said.short());
}

#[test]
fn code_in_memory_is_confined_like_any_other() {
    let place = Place::new();
    let script = "import os\nfd = os.memfd_create('x')\nos.write(fd, open('/bin/sh', 'rb').read())\nos.execv(f'/proc/self/fd/{fd}', ['sh', '-c', 'echo ran; echo evil > /etc/planc-m; chmod 777 /usr; ls /root 2>&1 | head -3'])\n";
    let Some(said) = python(&place, script) else { return };
    assert!(said.out.contains("ran"), "{}", said.short());
    assert!(!Path::new("/etc/planc-m").exists());
}

#[test]
fn descriptors_of_planc_are_not_inherited() {
    let place = Place::new();
    let said = sh(&place, "ls -l /proc/self/fd | sed 's/.*-> //' | sort -u; ls -l /proc/1/fd 2>&1 | head -20").exits(0);
    let held = said.out.replace("/proc/self/fd", "");
    assert!(!held.contains(" 251 ->"), "{}", said.short());
    for held in ["planc.db", "/cells/", "/state/", "report.json"] {
        assert!(!said.out.contains(held), "{held}: {}", said.short());
    }
}

#[test]
fn no_file_of_a_scratch_folder_becomes_setuid_or_setgid() {
    let place = Place::new();
    place.put("planc.toml", "[programs]\nscratch = [\"target\"]\n");
    let script = r#"
import ctypes, os, stat
libc = ctypes.CDLL(None, use_errno=True)
def tried(*calls):
    for call in calls:
        try: call()
        except OSError: pass
def made(name):
    open('target/' + name, 'w').close()
    return 'target/' + name
tried(lambda: os.chmod(made('a'), 0o4755), lambda: os.chmod(made('b'), 0o2755), lambda: os.fchmod(os.open(made('c'), 0), 0o6755))
for number, name in ((90, b'd'), (91, b'e')):
    made(name.decode())
    place = b'target/' + name if number == 90 else os.open(b'target/e', os.O_RDONLY)
    libc.syscall(number, place, 0o4755)
libc.syscall(268, -100, made('f').encode(), 0o4755)
libc.syscall(452, -100, made('g').encode(), 0o2755, 0)
tried(lambda: os.open('target/h', os.O_CREAT | os.O_WRONLY, 0o4755))
for number, *arguments in ((2, b'target/i', os.O_CREAT | os.O_WRONLY, 0o6755), (85, b'target/j', 0o4755), (133, b'target/k', 0o104755, 0), (259, -100, b'target/l', 0o104755, 0), (83, b'target/m', 0o6755)):
    libc.syscall(number, *arguments)
how = (ctypes.c_uint64 * 3)(os.O_CREAT | os.O_WRONLY, 0o4755, 0)
libc.syscall(437, -100, b'target/n', how, 24)
def unnamed():
    fd = os.open('target', os.O_TMPFILE | os.O_RDWR, 0o4755)
    os.link('/proc/self/fd/%d' % fd, 'target/o', follow_symlinks=True)
tried(unnamed)
# What every program does stays possible.
os.chmod(made('good'), 0o1750)
os.close(os.open('target/new', os.O_CREAT | os.O_WRONLY, 0o600))
print('tried')
"#;
    let Some(said) = python(&place, script) else { return };
    assert!(said.out.contains("tried"), "{}", said.short());
    let mode = |path: &str| {
        use std::os::unix::fs::PermissionsExt;
        place.ws().join("target").join(path).metadata().map(|found| found.permissions().mode() & 0o7777)
    };
    for entry in fs::read_dir(place.ws().join("target")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        assert_eq!(mode(&name).unwrap() & 0o6000, 0, "{name}");
    }
    assert_eq!((mode("good").unwrap(), mode("new").unwrap()), (0o1750, 0o600));
}

#[test]
fn what_could_not_be_made_again_is_not_removed() {
    for script in ["rm -rf d", "rm d/pipe; echo x > d/pipe", "mv d e", "mv d/pipe x"] {
        let place = Place::new();
        place.put("d/a.txt", "A\n");
        let fifo = rustix::fs::FileType::Fifo;
        rustix::fs::mknodat(rustix::fs::CWD, place.ws().join("d/pipe"), fifo, 0o644.into(), 0).unwrap();
        let said = sh(&place, script);
        assert!(said.code == Some(4) && said.out.contains("planc could not make again"), "{script}: {}", said.short());
        assert!(place.has("d/pipe") && place.has("d/a.txt"), "{script}");
    }
}

/// Some numbers of the second set on x86-64 are its own: `sendmsg`, `ptrace`, `ioctl`.
#[test]
fn the_second_set_of_numbers_is_unknown_as_a_whole() {
    if !cfg!(target_arch = "x86_64") {
        return skipped("the_second_set_of_numbers", "this is another processor");
    }
    let script = "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\n\
         for call in list(range(335)) + list(range(400, 600)):\n    ctypes.set_errno(0)\n    \
         print('said', libc.syscall(0x40000000 + call, -1, 0, 0, 0, 0, 0), ctypes.get_errno())\n";
    let Some(said) = python(&Place::new(), script) else { return };
    let said = said.exits(0);
    let (all, unknown) = (said.out.matches("said ").count(), said.out.matches("said -1 38").count());
    assert!(all > 0 && all == unknown, "{all} {unknown}: {}", said.short());
}

/// What a container masks of its `/proc` keeps a new one from being mounted.
#[test]
fn without_a_proc_of_its_own_a_cell_tells_of_no_processes() {
    let masked = "mount -t tmpfs none /proc/fs && exec \"$@\"";
    let try_out = Command::new("unshare").args(["-m", "sh", "-c", masked, "x", "true"]).output();
    if !try_out.is_ok_and(|tried| tried.status.success()) {
        return skipped("without_a_proc_of_its_own", "nothing can be mounted here");
    }
    let place = Place::new();
    let script = |more: &str| format!("echo seen $(ls /proc | wc -l); cat /proc/*/cmdline; {more}");
    let run = |more: &str| {
        place.put("attempt", script(more));
        place.put(
            "p.pl",
            "plan \"x\" {\n critical {\n run \"sh\"\n }\n step s = process.run(argv: [\"sh\", \"attempt\"])\n output said = \
             s.stdout\n output err = s.stderr\n}\n",
        );
        let planc = place.command(&["--format", "json", "run", "--approve", "p.pl"]);
        let mut command = Command::new("unshare");
        command.args(["-m", "sh", "-c", masked, "x"]).arg(planc.get_program()).args(planc.get_args());
        command.current_dir(place.ws()).env_clear().envs(place.variables());
        crate::place::said(command)
    };
    let said = run("true").exits(0);
    assert!(said.out.contains("seen 0") && !said.out.contains("left running"), "{}", said.short());
    let said = run("sleep 20 > /dev/null 2>&1 &").exits(0);
    assert!(said.out.contains("left running: what it is nobody can see"), "{}", said.short());
    run("exit 3").exits(4).says("an empty `/proc`");
}
