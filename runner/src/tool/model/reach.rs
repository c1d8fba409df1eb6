//! A request ⟶ the bytes of the answer, by a program or from an address. Reads no answer.

use super::{CallContext, MAX_ANSWER_BYTES};
use crate::config::{ModelWiring, Variables, in_the_open, is_listed, program};
use reqwest::header::CONTENT_TYPE;
use reqwest::redirect::Policy;
use rustix::process::{Pid, Signal, kill_process_group};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// The variables that the program gets, besides those that the operator passes on.
pub const MODEL_ENV: [&str; 4] = ["PATH", "LANG", "LC_ALL", "TZ"];

/// How much of what the program says on `stderr` goes into a message.
const MAX_COMPLAINT_BYTES: usize = 2048;

/// Asks; nothing but a longer answer than [`MAX_ANSWER_BYTES`] tells that it was cut.
pub(super) async fn answer(wiring: &ModelWiring, request: Vec<u8>, context: &CallContext) -> Result<Vec<u8>, String> {
    let mut kill = context.kill.clone();
    let asked_to_end = async {
        if kill.wait_for(|kill| *kill).await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    let asking = async {
        match wiring {
            ModelWiring::Command { argv, folder, pass_env, .. } => by_command(argv, folder, pass_env, request).await,
            ModelWiring::Endpoint { url } => from_address(url, request).await,
        }
    };
    tokio::select! {
        biased;
        () = asked_to_end => Err("asking the model was ended on request".into()),
        answer = asking => answer,
    }
}

/// The variables that the program gets.
pub fn variables(pass_env: &[String], folder: &Path) -> Variables {
    let mut variables = in_the_open(pass_env, folder);
    variables.retain(|(name, _)| MODEL_ENV.iter().any(|known| name == *known) || is_listed(pass_env, name));
    variables
}

/// A program in a process group of its own, which ends with this value.
struct Running {
    child: Child,
    group: Option<Pid>,
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(group) = self.group {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}

async fn by_command(
    argv: &[String],
    folder: &PathBuf,
    pass_env: &[String],
    request: Vec<u8>,
) -> Result<Vec<u8>, String> {
    let name = argv.first().map_or("", String::as_str);
    let failed = |error: std::io::Error| format!("the model's program `{name}` cannot be run: {error}");
    let program = program(name, folder, folder, pass_env);
    let program = program.ok_or_else(|| failed(std::io::Error::from(std::io::ErrorKind::NotFound)))?;
    let child = Command::new(program)
        .args(argv.get(1..).unwrap_or_default())
        .current_dir(folder)
        .env_clear()
        .envs(variables(pass_env, folder))
        .process_group(0)
        .kill_on_drop(true)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let group = child.id().and_then(|id| Pid::from_raw(id as i32));
    let mut running = Running { child, group };
    let (stdin, stdout, stderr) =
        (running.child.stdin.take(), running.child.stdout.take(), running.child.stderr.take());
    let feed = async move {
        if let Some(mut stdin) = stdin {
            // A program that does not read it has said what it thinks of it.
            let _ = stdin.write_all(&request).await;
        }
    };
    let ((), answer, complaint) = tokio::join!(feed, first(stdout, MAX_ANSWER_BYTES + 1), complaint(stderr));
    if answer.len() > MAX_ANSWER_BYTES {
        return Err(format!("the model's answer has more than {MAX_ANSWER_BYTES} bytes"));
    }
    let status = running.child.wait().await.map_err(failed)?;
    match status.success() {
        true => Ok(answer),
        false => {
            let complaint = super::beginning(&complaint);
            let said = if complaint.is_empty() { complaint } else { format!(":\n{complaint}") };
            Err(format!("the model's program `{name}` ended with {status}{said}"))
        }
    }
}

/// The first bytes of a stream; what comes behind them is dropped with it.
async fn first(stream: Option<impl AsyncRead + Unpin>, most: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        // What cannot be read is an answer that is cut off, and judged as such.
        let _ = stream.take(most as u64).read_to_end(&mut bytes).await;
    }
    bytes
}

/// The first bytes of what a program complains about. It is read to the end: who writes into a closed pipe is killed.
async fn complaint(stream: Option<impl AsyncRead + Unpin>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        let _ = (&mut stream).take(MAX_COMPLAINT_BYTES as u64).read_to_end(&mut bytes).await;
        let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
    }
    bytes
}

async fn from_address(url: &str, request: Vec<u8>) -> Result<Vec<u8>, String> {
    let failed = |error: reqwest::Error| format!("the model at `{url}` does not answer: {}", error.without_url());
    let client = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().map_err(failed)?;
    let post = client.post(url).header(CONTENT_TYPE, "application/json").body(request);
    let mut response = post.send().await.map_err(failed)?;
    let status = response.status();
    let mut answer = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(failed)? {
        answer.extend_from_slice(&chunk);
        if answer.len() > MAX_ANSWER_BYTES {
            return Err(format!("the model's answer has more than {MAX_ANSWER_BYTES} bytes"));
        }
    }
    match status.is_success() {
        true => Ok(answer),
        false => Err(format!("the model at `{url}` answered with {status}:\n{}", super::beginning(&answer))),
    }
}
