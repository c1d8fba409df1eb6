//! Answers of a server on HTTP ⟶ the same; a line of its log that comes with one goes to the call that it is an answer to.
//!
//! A line does not say where it belongs. The stream on which it comes does, and rmcp does not tell: so it is looked at here.

use super::relay::Calls;
use futures_util::StreamExt;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{
    ClientJsonRpcMessage, JsonRpcMessage, JsonRpcNotification, RequestId, ServerJsonRpcMessage, ServerNotification,
};
use rmcp::transport::common::client_side_sse::BoxedSseResponse;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse, StreamableHttpResponseLimits,
};
use std::collections::HashMap;
use std::sync::Arc;

/// The headers of a request.
type Headers = HashMap<HeaderName, HeaderValue>;

/// What a request on HTTP comes to.
type Posted = Result<StreamableHttpPostResponse, StreamableHttpError<reqwest::Error>>;

/// Asks a server on HTTP.
#[derive(Clone)]
pub(super) struct Asking {
    http: reqwest::Client,
    calls: Arc<Calls>,
}

impl Asking {
    pub(super) fn new(http: reqwest::Client, calls: Arc<Calls>) -> Asking {
        Asking { http, calls }
    }

    /// The events of the answer to a request, without the lines of the log that were handed on.
    fn answers(&self, request: RequestId, events: BoxedSseResponse) -> BoxedSseResponse {
        let calls = self.calls.clone();
        let looked_at = events.then(move |event| {
            let (calls, request) = (calls.clone(), request.clone());
            async move {
                let Ok(mut event) = event else { return event };
                if let Some(ServerNotification::LoggingMessageNotification(line)) =
                    event.data.as_deref().and_then(notification)
                    && calls.log_of(&request, line.params).await
                {
                    // Its id stays: a stream that breaks off goes on after it.
                    event.data = None;
                }
                Ok(event)
            }
        });
        looked_at.boxed()
    }
}

/// What the server says of itself in an event. Whether it could be a line of the log is seen without reading all of it.
fn notification(data: &str) -> Option<ServerNotification> {
    if !data.contains("notifications/message") {
        return None;
    }
    match serde_json::from_str::<ServerJsonRpcMessage>(data).ok()? {
        JsonRpcMessage::Notification(JsonRpcNotification { notification, .. }) => Some(notification),
        JsonRpcMessage::Request(_) | JsonRpcMessage::Response(_) | JsonRpcMessage::Error(_) => None,
    }
}

impl StreamableHttpClient for Asking {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        authorization: Option<String>,
        headers: Headers,
    ) -> Posted {
        let limits = StreamableHttpResponseLimits::default();
        self.post_message_with_response_limits(uri, message, session, authorization, headers, limits).await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session: Option<Arc<str>>,
        authorization: Option<String>,
        headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Posted {
        let request = match &message {
            JsonRpcMessage::Request(request) => Some(request.id.clone()),
            JsonRpcMessage::Response(_) | JsonRpcMessage::Notification(_) | JsonRpcMessage::Error(_) => None,
        };
        let posted = self.http.post_message_with_response_limits(uri, message, session, authorization, headers, limits);
        Ok(match (posted.await?, request) {
            (StreamableHttpPostResponse::Sse(events, session), Some(request)) => {
                StreamableHttpPostResponse::Sse(self.answers(request, events), session)
            }
            (other, _) => other,
        })
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session: Arc<str>,
        authorization: Option<String>,
        headers: Headers,
    ) -> Result<(), StreamableHttpError<reqwest::Error>> {
        self.http.delete_session(uri, session, authorization, headers).await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        authorization: Option<String>,
        headers: Headers,
    ) -> Result<BoxedSseResponse, StreamableHttpError<reqwest::Error>> {
        self.http.get_stream(uri, session, last, authorization, headers).await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session: Option<Arc<str>>,
        last: Option<String>,
        authorization: Option<String>,
        headers: Headers,
        most: usize,
    ) -> Result<BoxedSseResponse, StreamableHttpError<reqwest::Error>> {
        self.http.get_stream_with_max_sse_event_size(uri, session, last, authorization, headers, most).await
    }
}
