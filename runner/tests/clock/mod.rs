//! A clock that tests turn.

use planc::clock::{Clock, Wait};
use std::time::Duration;
use tokio::sync::watch;

/// Time passes when somebody says so.
#[derive(Clone, Debug)]
pub struct Turned(watch::Sender<Duration>);

impl Turned {
    pub fn new() -> Turned {
        Turned(watch::Sender::new(Duration::ZERO))
    }

    pub fn pass(&self, time: Duration) {
        self.0.send_modify(|now| *now += time);
    }
}

impl Clock for Turned {
    fn now(&self) -> jiff::Timestamp {
        jiff::Timestamp::UNIX_EPOCH + *self.0.borrow()
    }

    fn elapsed(&self) -> Duration {
        *self.0.borrow()
    }

    fn sleep(&self, time: Duration) -> Wait<'_> {
        let until = *self.0.borrow() + time;
        let mut now = self.0.subscribe();
        Box::pin(async move { drop(now.wait_for(|now| *now >= until).await) })
    }

    /// Time that passes between a look and a wait is seen as well: it is one and the same.
    fn until(&self, at: jiff::Timestamp) -> Wait<'_> {
        let mut now = self.0.subscribe();
        Box::pin(async move { drop(now.wait_for(|now| jiff::Timestamp::UNIX_EPOCH + *now >= at).await) })
    }
}
