//! A client that reads a file slowly: over HTTP/2 with a window of 64 KiB, so that the server has to wait for it between two pages of rows.

use reqwest::{Response, redirect::Policy};

use crate::support::{app::TestApp, binary::client_builder};

/// A download that has begun. The server continues when more of it is read.
pub(crate) struct SlowDownload {
    response: Response,
    text: Vec<u8>,
}

impl SlowDownload {
    /// Requests a file and reads its beginning.
    pub(crate) async fn begin(app: &TestApp, path: &str, cookie: &str) -> Self {
        let client = client_builder()
            .redirect(Policy::none())
            .http2_prior_knowledge()
            .http2_initial_stream_window_size(65_535)
            .build()
            .unwrap();
        let request = client.get(format!("{}{path}", app.url)).header("cookie", cookie);
        let mut response = request.send().await.unwrap();
        assert_eq!(response.status(), 200, "{path}");
        let text = response.chunk().await.unwrap().expect("the beginning of a file").to_vec();
        Self { response, text }
    }

    /// Reads to the end. Returns the lines that arrived, and whether the file is complete.
    pub(crate) async fn finish(mut self) -> (usize, bool) {
        let is_complete = loop {
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.text.extend_from_slice(&bytes),
                Ok(None) => break true,
                Err(_) => break false,
            }
        };
        let lines = String::from_utf8_lossy(&self.text).matches('\n').count();
        (lines, is_complete)
    }
}
