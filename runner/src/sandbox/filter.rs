//! Which system calls a program in a cell may not make ⟶ a filter of the kernel.
//!
//! Everything is allowed but what is listed here: what reaches outside of the cell past files (sockets, tracing, keys), what
//! changes the cell (mounts, namespaces), and parts of the kernel that programs have no use for and attackers have.

use nix::libc;
use seccompiler::{
    BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition, SeccompFilter, SeccompRule,
    TargetArch, sock_filter,
};
use std::collections::BTreeMap;

/// What the numbers of the second set on x86-64 have, of which some are the same calls and some its own. No machine has others with it.
const X32: u32 = 0x4000_0000;

/// Never allowed, whatever the arguments.
const DENIED: &[i64] = &[
    // Other processes.
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_perf_event_open,
    // The cell itself.
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_unshare,
    libc::SYS_setns,
    libc::SYS_open_by_handle_at,
    // Keys and the machine.
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_userfaultfd,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_kexec_load,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_quotactl,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_sethostname,
    libc::SYS_setdomainname,
    // Who listens without a name of its own is given one, which Landlock does not look at.
    libc::SYS_listen,
];

/// Kinds of sockets other than streams and datagrams.
const OTHER_KINDS: [i32; 5] = [libc::SOCK_RAW, libc::SOCK_RDM, libc::SOCK_SEQPACKET, SOCK_DCCP, SOCK_PACKET];

/// See dccp(7) and packet(7).
const SOCK_DCCP: i32 = 6;
const SOCK_PACKET: i32 = 10;

/// The protocols of streams and datagrams, and the one of its kind. Landlock looks at TCP alone: another protocol of streams, as Multipath TCP,
/// reaches the same ports past it.
const PROTOCOLS: [i32; 3] = [libc::IPPROTO_IP, libc::IPPROTO_TCP, libc::IPPROTO_UDP];

/// What sends, with the argument that says how: `MSG_FASTOPEN` connects past Landlock.
const SENDS: [(i64, u8); 3] = [(libc::SYS_sendto, 3), (libc::SYS_sendmsg, 2), (libc::SYS_sendmmsg, 3)];

/// Settings of TCP that make another protocol of a socket, or a connection of nothing.
const OF_TCP: [i32; 2] = [libc::TCP_ULP, libc::TCP_REPAIR];

/// As if the kernel had never heard of them: programs have another way, which the filter can look into.
const UNKNOWN: &[i64] = &[
    libc::SYS_clone3,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    // The mode of what it makes lies behind a pointer.
    libc::SYS_openat2,
];

/// What sets the mode of a file, or makes one with a mode, with the argument that says it. A folder that the kernel makes is
/// neither setuid nor setgid, whatever `mkdir` says.
const MODES: &[(i64, u8)] = &[
    (libc::SYS_fchmod, 1),
    (libc::SYS_fchmodat, 2),
    (FCHMODAT2, 2),
    (libc::SYS_mknodat, 2),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_chmod, 1),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_creat, 1),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_mknod, 1),
];

/// Since Linux 6.6, by the same number on every architecture.
const FCHMODAT2: i64 = 452;

/// What opens a file, with the argument that says how; the mode behind it counts where a file is made.
const OPENS: &[(i64, u8)] = &[
    (libc::SYS_openat, 2),
    #[cfg(target_arch = "x86_64")]
    (libc::SYS_open, 1),
];

/// The flags of what opens a file that make one: `O_CREAT`, and what of `O_TMPFILE` is its own.
const MAKING: [i32; 2] = [libc::O_CREAT, libc::O_TMPFILE & !libc::O_DIRECTORY];

/// The modes that give a file's rights to whoever runs it.
const RIGHTS: [u32; 2] = [libc::S_ISUID, libc::S_ISGID];

/// The flags with which `clone` makes namespaces.
const NAMESPACES: &[i32] = &[
    libc::CLONE_NEWUSER,
    libc::CLONE_NEWNS,
    libc::CLONE_NEWPID,
    libc::CLONE_NEWNET,
    libc::CLONE_NEWIPC,
    libc::CLONE_NEWUTS,
    libc::CLONE_NEWCGROUP,
];

/// Puts the filters on this thread and all that it starts. `network`: whether internet sockets may be made.
pub(super) fn apply(network: bool) -> Result<(), String> {
    let arch = arch()?;
    let denied = SeccompAction::Errno(libc::EPERM as u32);
    let unknown = SeccompAction::Errno(libc::ENOSYS as u32);
    seccompiler::apply_filter(&without_x32()).map_err(said)?;
    for (rules, action) in [(denials(network)?, denied), (unknowns(), unknown)] {
        let filter = SeccompFilter::new(rules, SeccompAction::Allow, action, arch).map_err(said)?;
        let program: BpfProgram = filter.try_into().map_err(said)?;
        seccompiler::apply_filter(&program).map_err(said)?;
    }
    Ok(())
}

fn arch() -> Result<TargetArch, String> {
    std::env::consts::ARCH.try_into().map_err(said)
}

fn said(error: impl std::fmt::Display) -> String {
    format!("the filter of system calls: {error}")
}

type Rules = BTreeMap<i64, Vec<SeccompRule>>;

fn denials(network: bool) -> Result<Rules, String> {
    let mut rules: Rules = DENIED.iter().map(|call| (*call, Vec::new())).collect();
    let inet = [libc::AF_INET, libc::AF_INET6];
    let mut sockets = Vec::new();
    if network {
        // Neither local sockets nor raw ones, nor a way to talk to the kernel.
        sockets.push(vec![not(0, inet[0])?, not(0, inet[1])?]);
        for other in OTHER_KINDS {
            sockets.push(vec![kind(other)?]);
        }
        sockets.push(PROTOCOLS.into_iter().map(|protocol| not(2, protocol)).collect::<Result<_, _>>()?);
    }
    rules.insert(libc::SYS_socket, sockets.into_iter().map(rule).collect::<Result<_, _>>()?);
    // A pair of sockets reaches nobody but the two, unless one of them can send to any name. A raw one is one of datagrams.
    let pairs = [vec![not(0, libc::AF_UNIX)?], vec![kind(libc::SOCK_DGRAM)?], vec![kind(libc::SOCK_RAW)?]];
    rules.insert(libc::SYS_socketpair, pairs.into_iter().map(rule).collect::<Result<_, _>>()?);
    let namespaces = NAMESPACES.iter().map(|flag| {
        let flag = *flag as u32 as u64;
        rule(vec![condition(0, SeccompCmpArgLen::Qword, SeccompCmpOp::MaskedEq(flag), flag)?])
    });
    rules.insert(libc::SYS_clone, namespaces.collect::<Result<_, _>>()?);
    // Typing on a terminal in somebody else's name.
    let typing = [libc::TIOCSTI, TIOCLINUX];
    let typing = typing.map(|request| rule(vec![condition(1, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, request)?]));
    rules.insert(libc::SYS_ioctl, typing.into_iter().collect::<Result<_, _>>()?);
    for (call, flags) in SENDS {
        rules.insert(call, vec![rule(vec![has(flags, libc::MSG_FASTOPEN as u32)?])?]);
    }
    let of_tcp = OF_TCP.map(|option| rule(vec![is(1, libc::IPPROTO_TCP)?, is(2, option)?]));
    rules.insert(libc::SYS_setsockopt, of_tcp.into_iter().collect::<Result<_, _>>()?);
    rules.extend(rights()?);
    Ok(rules)
}

/// No file becomes setuid or setgid: what is written in a folder of `scratch` stays, and would give the rights of planc's account
/// to whoever runs it.
fn rights() -> Result<Rules, String> {
    let mut rules = Rules::new();
    for (call, mode) in MODES {
        let set = RIGHTS.map(|right| rule(vec![has(*mode, right)?]));
        rules.insert(*call, set.into_iter().collect::<Result<_, _>>()?);
    }
    for (call, flags) in OPENS {
        let both = RIGHTS.iter().flat_map(|right| MAKING.map(|making| (making as u32, *right)));
        let made = both.map(|(making, right)| rule(vec![has(*flags, making)?, has(flags + 1, right)?]));
        rules.insert(*call, made.collect::<Result<_, _>>()?);
    }
    Ok(rules)
}

/// See ioctl_console(2).
const TIOCLINUX: u64 = 0x541C;

fn unknowns() -> Rules {
    UNKNOWN.iter().map(|call| (*call, Vec::new())).collect()
}

/// As if the kernel had never heard of the whole second set. Rules know single numbers only.
fn without_x32() -> BpfProgram {
    let of = |code: u32, jf: u8, k: u32| sock_filter { code: code as u16, jt: 0, jf, k };
    vec![
        // The number of the call is what comes first, see seccomp(2).
        of(libc::BPF_LD | libc::BPF_W | libc::BPF_ABS, 0, 0),
        of(libc::BPF_JMP | libc::BPF_JSET | libc::BPF_K, 1, X32),
        of(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ERRNO | libc::ENOSYS as u32),
        of(libc::BPF_RET | libc::BPF_K, 0, libc::SECCOMP_RET_ALLOW),
    ]
}

fn rule(conditions: Vec<SeccompCondition>) -> Result<SeccompRule, String> {
    SeccompRule::new(conditions).map_err(said)
}

/// An argument with a flag among its bits.
fn has(argument: u8, flag: u32) -> Result<SeccompCondition, String> {
    condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(flag.into()), flag.into())
}

fn is(argument: u8, value: i32) -> Result<SeccompCondition, String> {
    condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Eq, value as u64)
}

fn not(argument: u8, value: i32) -> Result<SeccompCondition, String> {
    condition(argument, SeccompCmpArgLen::Dword, SeccompCmpOp::Ne, value as u64)
}

/// A kind of socket, whatever flags it is made with.
fn kind(kind: i32) -> Result<SeccompCondition, String> {
    condition(1, SeccompCmpArgLen::Dword, SeccompCmpOp::MaskedEq(0xF), kind as u64)
}

fn condition(argument: u8, len: SeccompCmpArgLen, op: SeccompCmpOp, value: u64) -> Result<SeccompCondition, String> {
    SeccompCondition::new(argument, len, op, value).map_err(said)
}
