//! Bytes over a socket, as they are: what no client library would send.

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

/// A connection on which nothing was sent yet.
pub(crate) async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(address(url)).await.unwrap()
}

/// Sends this and gives everything that comes back until the server ends the connection.
pub(crate) async fn exchange(url: &str, bytes: &[u8]) -> String {
    let mut stream = connect(url).await;
    // The server may have said no before it was all sent.
    let _ = stream.write_all(bytes).await;
    let shown: String = String::from_utf8_lossy(bytes).chars().take(300).collect();
    tokio::select! {
        answer = rest(&mut stream) => answer,
        () = tokio::time::sleep(LIMIT) => panic!("the server keeps the connection after {shown}"),
    }
}

/// Everything until the server ends the connection.
pub(crate) async fn rest(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let mut buffer = vec![0; 64 * 1024];
    timeout(2 * LIMIT, async {
        // A connection that is reset has ended as well.
        while let Ok(count @ 1..) = stream.read(&mut buffer).await {
            answer.extend_from_slice(&buffer[..count]);
        }
    })
    .await
    .expect("the server ends the connection");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Sends a request and gives its answer, on a connection that stays open.
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

/// The status of the first answer.
pub(crate) fn status(answer: &str) -> u16 {
    answer
        .strip_prefix("HTTP/1.1 ")
        .or_else(|| answer.strip_prefix("HTTP/1.0 "))
        .and_then(|rest| rest.get(..3))
        .and_then(|status| status.parse().ok())
        .unwrap_or_default()
}

/// How many answers came.
pub(crate) fn answers(text: &str) -> usize {
    text.matches("HTTP/1.").count()
}
