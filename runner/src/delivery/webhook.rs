//! A report ⟶ posted to an address, with a key that stands for this report and no other. No proxy and no redirect: either
//! would be another party than the operator named.

use super::{CUT_OFF, Carrier, DELIVERY_TIMEOUT, Outcome, Parcel};
use crate::config::ReportForm;
use crate::environment::variable;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, StatusCode, redirect};
use serde_json::{Value as Json, json};
use tokio::runtime::Handle;

/// The header that holds the key.
pub const KEY_HEADER: &str = "Idempotency-Key";

/// To an address.
pub(super) struct ToWebhook {
    pub(super) url: String,
    pub(super) token_env: Option<String>,
    pub(super) idempotent: bool,
    pub(super) form: ReportForm,
}

impl Carrier for ToWebhook {
    fn prepare(&mut self) -> Result<Json, String> {
        self.token()?;
        Handle::try_current().map_err(|_| "nothing can be sent from here".to_owned())?;
        Ok(json!(null))
    }

    fn send(&mut self, parcel: &Parcel<'_>) -> Outcome {
        let (runtime, token) = match (Handle::try_current(), self.token()) {
            (Ok(runtime), Ok(token)) => (runtime, token),
            (_, Err(why)) => return Outcome::Failed(why),
            (Err(_), _) => return Outcome::Failed("nothing can be sent from here".to_owned()),
        };
        match runtime.block_on(self.post(parcel, token)) {
            // What takes it once takes it again.
            Outcome::Unclear(why) if self.idempotent => Outcome::Failed(format!("{why}; it is sent again")),
            outcome => outcome,
        }
    }

    fn recover(&mut self, parcel: &Parcel<'_>) -> Outcome {
        match self.idempotent {
            true => self.send(parcel),
            false => Outcome::Unclear(CUT_OFF.to_owned()),
        }
    }
}

impl ToWebhook {
    fn token(&self) -> Result<Option<HeaderValue>, String> {
        let Some(name) = &self.token_env else { return Ok(None) };
        let token = variable(name).and_then(|token| token.into_string().ok());
        let token = token.ok_or_else(|| format!("the variable `{name}` with the token is not set"))?;
        let mut value = HeaderValue::from_str(&format!("Bearer {token}"))
            .map_err(|_| format!("the token in `{name}` cannot be sent as a header"))?;
        value.set_sensitive(true);
        Ok(Some(value))
    }

    async fn post(&self, parcel: &Parcel<'_>, token: Option<HeaderValue>) -> Outcome {
        let url = &self.url;
        let client =
            match Client::builder().no_proxy().redirect(redirect::Policy::none()).timeout(DELIVERY_TIMEOUT).build() {
                Ok(client) => client,
                Err(error) => return Outcome::Failed(format!("cannot post to `{url}`: {error}")),
            };
        let kind = match self.form {
            ReportForm::Json => "application/json",
            ReportForm::Markdown => "text/markdown; charset=utf-8",
        };
        let mut request =
            client.post(url).header(CONTENT_TYPE, kind).header(KEY_HEADER, parcel.key).body(parcel.body.to_owned());
        if let Some(token) = token {
            request = request.header(AUTHORIZATION, token);
        }
        match request.send().await {
            Ok(response) => answered(url, response.status()),
            Err(error) if error.is_connect() || error.is_builder() => Outcome::Failed(format!("cannot reach `{url}`")),
            Err(error) if error.is_timeout() => {
                Outcome::Unclear(format!("`{url}` did not answer within {} s", DELIVERY_TIMEOUT.as_secs()))
            }
            Err(_) => Outcome::Unclear(format!("the connection to `{url}` broke while the report was sent")),
        }
    }
}

/// What an answer says of the report.
fn answered(url: &str, status: StatusCode) -> Outcome {
    let refused = format!("`{url}` answered with {status}");
    match status.as_u16() {
        200..=299 => Outcome::Arrived,
        // These say that nothing was taken.
        300..=499 | 503 => Outcome::Failed(refused),
        _ => Outcome::Unclear(refused),
    }
}
