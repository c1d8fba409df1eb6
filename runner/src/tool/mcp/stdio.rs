//! Lines of JSON over the pipes of a process ⟶ messages, each bounded in size, all bounded in number.
//!
//! Keeps the definitions of tools as the server wrote them, which rmcp's types do not. Knows no meaning beyond that.

use rmcp::RoleClient;
use rmcp::service::{RxJsonRpcMessage, TxJsonRpcMessage};
use rmcp::transport::Transport;
use serde_json::{Value, json};
use std::io::Error;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStderr, ChildStdin, ChildStdout};

/// The largest message of a server; a larger one ends the connection.
pub const MAX_MESSAGE_BYTES: usize = 20 << 20;
/// How many lines and messages that answer nothing a server may send between two answers; more end the connection.
pub const MAX_STRAY: usize = 10_000;
/// How much of a server's error output is kept for a run: its beginning.
pub const MAX_STDERR_BYTES: usize = 256 << 10;

/// What both ends of a connection know.
#[derive(Default)]
pub(super) struct Shared {
    /// Why the connection was ended, where that was not the server's doing.
    fault: Mutex<Option<String>>,
    /// Definitions of tools since they were taken last.
    definitions: Mutex<Vec<Value>>,
    is_lost: AtomicBool,
    /// Messages that answer nothing, since the last answer.
    stray: AtomicUsize,
}

impl Shared {
    pub(super) fn fault(&self) -> Option<String> {
        self.fault.lock().ok().and_then(|fault| fault.clone())
    }

    pub(super) fn is_lost(&self) -> bool {
        self.is_lost.load(Ordering::Acquire)
    }

    pub(super) fn take_definitions(&self) -> Vec<Value> {
        self.definitions.lock().map(|mut kept| std::mem::take(&mut *kept)).unwrap_or_default()
    }

    fn end(&self, why: Option<String>) {
        if let (Ok(mut fault), Some(why)) = (self.fault.lock(), why) {
            fault.get_or_insert(why);
        }
        self.is_lost.store(true, Ordering::Release);
    }

    fn keep(&self, message: &Value) {
        let tools = message.pointer("/result/tools").and_then(Value::as_array);
        if let (Some(tools), Ok(mut kept)) = (tools, self.definitions.lock())
            && kept.len() <= planc_lang::import::MAX_TOOLS
        {
            kept.extend(tools.iter().cloned());
        }
    }

    /// Counts what answers nothing; why it is too much.
    pub(super) fn stray(&self) -> Option<String> {
        let count = self.stray.fetch_add(1, Ordering::Relaxed);
        (count >= MAX_STRAY).then(|| format!("it sent more than {MAX_STRAY} messages that answer nothing"))
    }
}

/// The pipes of a process.
pub(super) struct Pipes {
    read: BufReader<ChildStdout>,
    line: Vec<u8>,
    write: Arc<tokio::sync::Mutex<Option<ChildStdin>>>,
    shared: Arc<Shared>,
}

impl Pipes {
    pub(super) fn new(stdout: ChildStdout, stdin: ChildStdin, shared: Arc<Shared>) -> Pipes {
        let write = Arc::new(tokio::sync::Mutex::new(Some(stdin)));
        Pipes { read: BufReader::new(stdout), line: Vec::new(), write, shared }
    }

    /// The next line; none: there is no further one. What was read of it is kept where this is cancelled.
    async fn next_line(&mut self) -> Option<Vec<u8>> {
        loop {
            let available = match self.read.fill_buf().await {
                Ok(available) if !available.is_empty() => available,
                Ok(_) => return None,
                Err(_) => return None,
            };
            let end = available.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(available.len(), |end| end + 1);
            if self.line.len() + taken > MAX_MESSAGE_BYTES {
                self.shared.end(Some(format!("it sent a message of more than {MAX_MESSAGE_BYTES} bytes")));
                return None;
            }
            self.line.extend_from_slice(&available[..taken]);
            self.read.consume(taken);
            if end.is_some() {
                return Some(std::mem::take(&mut self.line));
            }
        }
    }

    /// What a line says; none: nothing that could be told to anybody. The error ends the connection.
    fn message(&self, line: &[u8]) -> Result<Option<RxJsonRpcMessage<RoleClient>>, String> {
        let text = line.trim_ascii();
        let stray = || self.shared.stray().map_or(Ok(None), Err);
        if text.first() != Some(&b'{') {
            // Some servers print to their output what belongs to the error output.
            return stray();
        }
        let Ok(value) = serde_json::from_slice::<Value>(text) else {
            return Err("it sent a message that is no JSON, or nested too deeply".to_owned());
        };
        let is_answer = value.get("result").is_some() || value.get("error").is_some();
        match is_answer {
            true => self.shared.stray.store(0, Ordering::Relaxed),
            false => stray().map(|_| ())?,
        }
        self.shared.keep(&value);
        let id = value.get("id").cloned();
        let whole = serde_json::from_value(value);
        match (whole, is_answer, id) {
            (Ok(message), _, _) => Ok(Some(message)),
            (Err(_), true, Some(id)) => {
                let error = json!({ "code": MALFORMED, "message": "the answer has not the form of one" });
                let message = json!({ "jsonrpc": "2.0", "id": id, "error": error });
                Ok(serde_json::from_value(message).ok())
            }
            (Err(_), _, _) => Ok(None),
        }
    }
}

/// The code of the error that stands for a malformed answer.
pub(super) const MALFORMED: i32 = -32_099;

impl Transport<RoleClient> for Pipes {
    type Error = Error;

    fn send(&mut self, item: TxJsonRpcMessage<RoleClient>) -> impl Future<Output = Result<(), Error>> + Send + 'static {
        let (write, shared) = (self.write.clone(), self.shared.clone());
        async move {
            let mut line = serde_json::to_vec(&item)?;
            line.push(b'\n');
            let mut write = write.lock().await;
            let Some(stdin) = write.as_mut() else { return Err(Error::other("the server was ended")) };
            let written = async {
                stdin.write_all(&line).await?;
                stdin.flush().await
            };
            let outcome = written.await;
            if outcome.is_err() {
                shared.end(None);
            }
            outcome
        }
    }

    async fn receive(&mut self) -> Option<RxJsonRpcMessage<RoleClient>> {
        while let Some(line) = self.next_line().await {
            match self.message(&line) {
                Ok(Some(message)) => return Some(message),
                Ok(None) => {}
                Err(why) => {
                    self.shared.end(Some(why));
                    return None;
                }
            }
        }
        self.shared.end(None);
        None
    }

    async fn close(&mut self) -> Result<(), Error> {
        self.write.lock().await.take();
        self.shared.end(None);
        Ok(())
    }
}

/// The end of what a process said on its error output, and its beginning in a file.
#[derive(Clone, Default)]
pub(super) struct Stderr {
    tail: Arc<Mutex<Vec<u8>>>,
}

/// How much of the end is kept for messages.
const TAIL_BYTES: usize = 2000;

impl Stderr {
    /// Reads until the end, however much it is; keeps the beginning in `file`.
    pub(super) fn drain(stderr: ChildStderr, file: Option<PathBuf>) -> Stderr {
        let kept = Stderr::default();
        let tail = kept.tail.clone();
        tokio::spawn(async move {
            let mut stderr = stderr;
            let mut buffer = vec![0; 8192];
            let mut whole: Vec<u8> = Vec::new();
            while let Ok(count @ 1..) = stderr.read(&mut buffer).await {
                let read = &buffer[..count];
                let room = MAX_STDERR_BYTES.saturating_sub(whole.len()).min(count);
                if room > 0 {
                    whole.extend_from_slice(&read[..room]);
                    if let Some(file) = &file {
                        // What cannot be kept is no reason to stop the run.
                        let _ = append(file, &read[..room]).await;
                    }
                }
                if let Ok(mut tail) = tail.lock() {
                    tail.extend_from_slice(read);
                    let excess = tail.len().saturating_sub(TAIL_BYTES);
                    tail.drain(..excess);
                }
            }
        });
        kept
    }

    /// The last line that says something.
    pub(super) fn last_line(&self) -> Option<String> {
        let tail = self.tail.lock().ok()?;
        let text = String::from_utf8_lossy(&tail).into_owned();
        let line = text.lines().rev().find(|line| !line.trim().is_empty())?.trim().to_owned();
        Some(line.chars().take(300).collect())
    }
}

async fn append(file: &PathBuf, bytes: &[u8]) -> std::io::Result<()> {
    if let Some(folder) = file.parent() {
        tokio::fs::create_dir_all(folder).await?;
    }
    let mut file = tokio::fs::OpenOptions::new().append(true).create(true).open(file).await?;
    file.write_all(bytes).await?;
    file.flush().await
}
