//! Raw bytes over a socket, for requests that no client library would send.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

const LIMIT: Duration = Duration::from_secs(20);

/// The address of `http://address`.
pub(crate) fn address(url: &str) -> &str {
    url.split_once("://").unwrap().1
}

/// A new connection.
pub(crate) async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(address(url)).await.unwrap()
}

/// Sends these bytes and returns the response until the server closes the connection.
pub(crate) async fn exchange(url: &str, bytes: &[u8]) -> String {
    let mut stream = connect(url).await;
    // The server may respond before everything was sent.
    let _ = stream.write_all(bytes).await;
    let shown: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
    tokio::select! {
        answer = rest(&mut stream) => answer,
        () = tokio::time::sleep(LIMIT) => panic!("the server keeps the connection after {shown}"),
    }
}

/// All bytes until the server closes the connection.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    timeout(2 * LIMIT, async {
        // A reset ends the connection as well.
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            answer.extend_from_slice(&buffer[..count]);
        }
    })
    .await
    .expect("the server ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request on a connection that stays open, and returns the response.
pub(crate) async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    timeout(LIMIT, async {
        loop {
            let text = String::from_utf8_lossy(&answer).into_owned();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.to_ascii_lowercase().strip_prefix("content-length: ").map(str::to_owned));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return text;
                }
            }
            let mut buffer = [0; 4096];
            let count = stream.read(&mut buffer).await.unwrap();
            assert!(count > 0, "the server ended the connection: {text}");
            answer.extend_from_slice(&buffer[..count]);
        }
    })
    .await
    .expect("an answer in time")
}

/// The status of the first response.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| answer.strip_prefix("HTTP/1.0 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|status| status.parse().ok())
        .unwrap_or_default()
}

/// The number of responses.
pub(crate) fn answers(text: &str) -> usize {
    text.matches("HTTP/1.").count()
}
