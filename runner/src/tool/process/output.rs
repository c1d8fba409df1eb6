//! A stream of a program ⟶ its text, read to the end and kept up to a limit. Knows no program.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::task::JoinHandle;

/// How much of the end is kept for messages, whatever the limit.
const LAST_BYTES: usize = 4096;
/// How many lines of the end go into a message.
const LAST_LINES: usize = 20;

/// What is known of a stream when it has ended.
#[derive(Debug)]
pub(super) struct Output {
    /// What came first, up to the limit; bytes that are not UTF-8 replaced.
    pub(super) text: String,
    /// Whether something was dropped, or may still have come.
    pub(super) truncated: bool,
    /// The last lines.
    pub(super) last: String,
}

/// A stream that is being read.
#[derive(Debug)]
pub(super) struct Collected {
    kept: Arc<Mutex<Kept>>,
    reader: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Kept {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    dropped: bool,
}

impl Collected {
    /// Starts reading a stream, so that the program never waits for a reader.
    pub(super) fn drain(stream: Option<impl AsyncRead + Unpin + Send + 'static>, max: usize) -> Collected {
        let kept = Arc::new(Mutex::new(Kept::default()));
        let shared = kept.clone();
        let reader = tokio::spawn(async move {
            let Some(mut stream) = stream else { return };
            let mut buffer = vec![0; 16 << 10];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                shared.lock().unwrap_or_else(PoisonError::into_inner).push(&buffer[..read], max);
            }
        });
        Collected { kept, reader }
    }

    /// Waits for the end of the stream, though no longer than `patience`.
    pub(super) async fn finish(mut self, patience: Duration) -> Output {
        let ended = tokio::time::timeout(patience, &mut self.reader).await.is_ok();
        self.reader.abort();
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.dropped |= !ended;
        kept.output()
    }
}

impl Kept {
    fn push(&mut self, bytes: &[u8], max: usize) {
        let room = max.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..room]);
        self.dropped |= room < bytes.len();
        self.tail.extend(bytes);
        let over = self.tail.len().saturating_sub(LAST_BYTES);
        self.tail.drain(..over);
    }

    fn output(&mut self) -> Output {
        let head = if self.dropped { whole_characters(&self.head) } else { &self.head };
        let text = String::from_utf8_lossy(head).into_owned();
        let tail = String::from_utf8_lossy(self.tail.make_contiguous()).into_owned();
        let lines: Vec<&str> = tail.lines().collect();
        let last = lines[lines.len().saturating_sub(LAST_LINES)..].join("\n");
        Output { text, truncated: self.dropped, last }
    }
}

/// Bytes without a character that the limit cut in two.
fn whole_characters(bytes: &[u8]) -> &[u8] {
    let start = (1..=3.min(bytes.len())).map(|back| bytes.len() - back).find(|at| bytes[*at] & 0xC0 != 0x80);
    match start {
        Some(at) if std::str::from_utf8(&bytes[at..]).is_err_and(|error| error.error_len().is_none()) => &bytes[..at],
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_is_kept_and_the_end_goes_into_messages() {
        let mut kept = Kept::default();
        kept.push("äöü\nlast".as_bytes(), 3);
        let output = kept.output();
        assert_eq!((output.text.as_str(), output.truncated, output.last.as_str()), ("ä", true, "äöü\nlast"));
    }

    #[test]
    fn bytes_that_are_no_text_are_replaced() {
        let mut kept = Kept::default();
        kept.push(b"a\xffb", 10);
        let output = kept.output();
        assert_eq!((output.text.as_str(), output.truncated), ("a\u{fffd}b", false));
    }
}
