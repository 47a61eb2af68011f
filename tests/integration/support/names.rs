//! A real name server (RFC 1035, over UDP), and a resolver that asks only it.

use std::{
    collections::{HashMap, VecDeque},
    io,
    net::{IpAddr, Ipv6Addr, SocketAddr},
    sync::{Arc, Mutex},
    time::Duration,
};

use clearhook::delivery::DnsResolver;
use tokio::{net::UdpSocket, time::timeout};

const A: u16 = 1;
const CNAME: u16 = 5;
const AAAA: u16 = 28;
const HEAD: usize = 12;

/// An answer of the name server.
#[derive(Clone, Debug)]
enum Record {
    Address(IpAddr),
    /// Another name for this one.
    Alias(String),
}

impl Record {
    fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Alias(text.to_owned()), Self::Address)
    }
}

/// The answers for each name, one per lookup; the last one is repeated.
type Answers = Arc<Mutex<HashMap<String, VecDeque<Vec<Record>>>>>;

/// A name server.
pub(crate) struct NameServer {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<String>>>,
}

impl NameServer {
    /// Answers each name with these lists of addresses in turn; other names do not exist. A name among the addresses is an alias (CNAME).
    pub(crate) async fn start(names: &[(&str, &[&[&str]])]) -> Self {
        let answers: Answers = Arc::default();
        for (name, lists) in names {
            let lists = lists.iter().map(|list| list.iter().map(|text| Record::of(text)).collect());
            answers.lock().unwrap().insert((*name).to_owned(), lists.collect());
        }
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let noted = asked.clone();
        tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut question).await {
                let answer = answer(&question[..length], &answers, &noted);
                socket.send_to(&answer, from).await.unwrap();
            }
        });
        Self { address, asked }
    }

    /// Receives questions and answers none.
    pub(crate) async fn silent() -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let (address, asked) = (socket.local_addr().unwrap(), Arc::new(Mutex::new(Vec::new())));
        let noted = asked.clone();
        tokio::spawn(async move {
            let mut question = [0; 512];
            while let Ok((length, _)) = socket.recv_from(&mut question).await {
                noted.lock().unwrap().push(name_at(&question[..length], HEAD).0);
            }
        });
        Self { address, asked }
    }

    /// The number of lookups of a name.
    pub(crate) fn lookups(&self, name: &str) -> usize {
        self.asked.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }

    /// A resolver that asks this server.
    pub(crate) fn resolver(&self) -> DnsResolver {
        let server = self.address;
        DnsResolver::from_fn(move |name| look_up(server, name))
    }
}

fn answer(question: &[u8], answers: &Answers, asked: &Mutex<Vec<String>>) -> Vec<u8> {
    let (name, after) = name_at(question, HEAD);
    let kind = u16::from_be_bytes([question[after], question[after + 1]]);
    let mut answers = answers.lock().unwrap();
    let lists = answers.get_mut(&name);
    let known = lists.is_some();
    let mut records: Vec<Record> = lists.map(|lists| lists.front().cloned().unwrap()).unwrap_or_default();
    if let Some(Record::Alias(target)) = records.first().cloned() {
        let behind = answers.get(&target).map(|lists| lists.front().cloned().unwrap());
        records.extend(behind.unwrap_or_default());
    }
    if kind == A {
        asked.lock().unwrap().push(name.clone());
    }
    // A lookup asks for IPv4 first and then for IPv6; the next lookup gets the next list.
    if let Some(lists) = answers.get_mut(&name).filter(|lists| kind == AAAA && lists.len() > 1) {
        lists.pop_front();
    }
    let records: Vec<(u16, Vec<u8>)> = records
        .iter()
        .filter_map(|record| match (record, kind) {
            (Record::Address(IpAddr::V4(address)), A) => Some((A, address.octets().to_vec())),
            (Record::Address(IpAddr::V6(address)), AAAA) => Some((AAAA, address.octets().to_vec())),
            (Record::Alias(target), _) => Some((CNAME, encoded(target))),
            _ => None,
        })
        .collect();
    let mut message = question[..2].to_vec();
    message.extend([
        0x81,
        if known { 0x80 } else { 0x83 },
        0,
        1,
        0,
        u8::try_from(records.len()).unwrap(),
        0,
        0,
        0,
        0,
    ]);
    message.extend(&question[HEAD..after + 4]);
    for (kind, record) in records {
        // The name of the question, also for the addresses behind an alias, class IN, TTL 0.
        message.extend([0xc0, 12]);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1, 0, 0, 0, 0, 0, u8::try_from(record.len()).unwrap()]);
        message.extend(record);
    }
    message
}

async fn look_up(server: SocketAddr, name: String) -> io::Result<Vec<IpAddr>> {
    let mut found = Vec::new();
    for kind in [A, AAAA] {
        let socket = UdpSocket::bind("127.0.0.1:0").await?;
        let mut question = vec![7, 7, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        question.extend(encoded(&name));
        question.extend(kind.to_be_bytes());
        question.extend([0, 1]);
        socket.send_to(&question, server).await?;
        let mut answer = [0; 512];
        let length = timeout(Duration::from_secs(5), socket.recv(&mut answer)).await??;
        let answer = &answer[..length];
        if answer[3] & 0x0f != 0 {
            return Err(io::Error::other("no such name"));
        }
        let mut at = question.len();
        for _ in 0..answer[7] {
            let length = usize::from(answer[at + 11]);
            let data = &answer[at + 12..at + 12 + length];
            match u16::from_be_bytes([answer[at + 2], answer[at + 3]]) {
                A => found.push(IpAddr::from([data[0], data[1], data[2], data[3]])),
                AAAA => found.push(IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(data).unwrap()))),
                // The server sends the addresses behind an alias in the same answer.
                _ => {}
            }
            at += 12 + length;
        }
    }
    Ok(found)
}

/// A name as labels with their lengths.
fn encoded(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for label in name.trim_end_matches('.').split('.') {
        bytes.push(u8::try_from(label.len()).unwrap());
        bytes.extend(label.as_bytes());
    }
    bytes.push(0);
    bytes
}

/// The name at this position, and the rest.
fn name_at(message: &[u8], mut at: usize) -> (String, usize) {
    let mut labels = Vec::new();
    while message[at] != 0 {
        let length = usize::from(message[at]);
        labels.push(String::from_utf8(message[at + 1..=at + length].to_vec()).unwrap());
        at += 1 + length;
    }
    (labels.join("."), at + 1)
}
