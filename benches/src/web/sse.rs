//! Server-sent events (WHATWG HTML, 9.2) out of an answer in chunks (RFC 9112, 7.1), however its bytes
//! come in pieces.

use anyhow::{Context, Result, bail};
use std::mem::take;

/// What the server has told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// Its kind.
    pub(super) name: String,
    /// Its lines of data, joined by line feeds.
    pub(super) data: String,
}

/// The stream, as far as it has come.
#[derive(Debug, Default)]
pub(super) struct Events {
    chunks: Chunks,
    /// Of the body, what is no whole line yet.
    rest: Vec<u8>,
    /// What has come of the next event.
    next: Event,
}

/// The framing around the body.
#[derive(Debug)]
enum Chunks {
    /// In the line that says how long the next chunk is.
    Size(Vec<u8>),
    /// So many of its bytes are still to come.
    Data(usize),
    /// In the line end after it.
    End,
}

impl Default for Chunks {
    fn default() -> Self {
        Self::Size(Vec::new())
    }
}

impl Events {
    /// Takes in what has come of the answer's body; the events that are whole by it.
    ///
    /// # Errors
    /// If that is no stream of events in chunks, or its end.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<Event>> {
        self.chunks.feed(bytes, &mut self.rest)?;
        let mut events = Vec::new();
        let mut start = 0;
        while let Some(length) = self.rest[start..].iter().position(|byte| *byte == b'\n') {
            let line = std::str::from_utf8(&self.rest[start..start + length])?;
            start += length + 1;
            events.extend(self.next.take_in(line.trim_end_matches('\r')));
        }
        self.rest.drain(..start);
        Ok(events)
    }
}

impl Event {
    /// Takes in a line; the event, if that is its end.
    fn take_in(&mut self, line: &str) -> Option<Self> {
        if line.is_empty() {
            let event = take(self);
            return (!event.data.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.name),
            "data" if self.data.is_empty() => value.clone_into(&mut self.data),
            "data" => self.data.extend(["\n", value]),
            // A comment, which keeps the connection alive, or what nobody needs here.
            _ => {}
        }
        None
    }
}

impl Chunks {
    fn feed(&mut self, mut bytes: &[u8], body: &mut Vec<u8>) -> Result<()> {
        while let Some((first, rest)) = bytes.split_first() {
            match self {
                Self::Size(line) if *first == b'\n' => {
                    *self = Self::Data(size(line)?);
                    bytes = rest;
                }
                Self::Size(line) => {
                    line.push(*first);
                    bytes = rest;
                }
                Self::Data(left) => {
                    let (some, others) = bytes.split_at(bytes.len().min(*left));
                    body.extend_from_slice(some);
                    *left -= some.len();
                    bytes = others;
                    if *left == 0 {
                        *self = Self::End;
                    }
                }
                Self::End => {
                    bytes = rest;
                    if *first == b'\n' {
                        *self = Self::default();
                    }
                }
            }
        }
        Ok(())
    }
}

/// How long a chunk is, by the line before it.
fn size(line: &[u8]) -> Result<usize> {
    let line = std::str::from_utf8(line)?;
    let digits = line.split(';').next().unwrap_or_default().trim();
    match usize::from_str_radix(digits, 16).with_context(|| format!("a chunk of {line:?} bytes"))? {
        0 => bail!("the stream has ended"),
        size => Ok(size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three events and a comment, in chunks that end where they like.
    const ANSWER: &str = "1C;x=y\r\nevent: network\ndata: {\"a\":1}\r\n1\r\n\n\r\n\
                          3\r\n\n: \r\n2\r\n\n\n\r\n\
                          1d\r\nevent:blocks\r\ndata:1\r\ndata: 2\r\n4\r\n\r\n\r\n\r\n\
                          9\r\ndata: 3\n\n\r\n";

    fn event(name: &str, data: &str) -> Event {
        Event { name: name.to_owned(), data: data.to_owned() }
    }

    #[test]
    fn events_are_the_same_however_their_bytes_come() {
        let all = [event("network", "{\"a\":1}"), event("blocks", "1\n2"), event("", "3")];
        assert_eq!(Events::default().feed(ANSWER.as_bytes()).unwrap(), all);
        for size in 1..ANSWER.len() {
            let mut events = Events::default();
            let pieces = ANSWER.as_bytes().chunks(size);
            let came: Vec<_> = pieces.flat_map(|piece| events.feed(piece).unwrap()).collect();
            assert_eq!(came, all, "{size} bytes at a time");
        }
    }

    #[test]
    fn an_event_comes_when_it_is_whole() {
        let mut events = Events::default();
        assert_eq!(events.feed(b"9\r\ndata: 1\n\n").unwrap(), [event("", "1")]);
        assert_eq!(events.feed(b"\r\n8\r\ndata: 2\n").unwrap(), []);
        assert_eq!(events.feed(b"\r\n1\r\n\n").unwrap(), [event("", "2")]);
    }

    #[test]
    fn the_end_is_noticed() {
        let mut events = Events::default();
        assert!(events.feed(b"0\r\n").unwrap_err().to_string().contains("ended"));
        assert!(Events::default().feed(b"data: 1\n\n").is_err());
    }
}
