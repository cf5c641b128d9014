//! A socket whose client must take what is sent to it.

use super::{connections::Connection, gate::Gate};
use std::{
    io::{self, IoSlice},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
    time::Duration,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    time::{Instant, Sleep, sleep},
};

/// A socket that fails when it could write nothing for some time, and from which nothing is read
/// while a write waits or too many calls do. Without this a client could make answers, or calls, pile
/// up for ever.
pub(crate) struct Socket {
    inner: TcpStream,
    stall: Duration,
    timer: Pin<Box<Sleep>>,
    /// Whether a write waits, and the timer counts.
    waiting: bool,
    /// Whether the client took nothing for too long.
    failed: bool,
    connection: Arc<Connection>,
}

impl Socket {
    pub(crate) fn new(inner: TcpStream, stall: Duration, connection: Arc<Connection>) -> Self {
        let timer = Box::pin(sleep(stall));
        Self { inner, stall, timer, waiting: false, failed: false, connection }
    }

    fn gate(&self) -> &Gate {
        &self.connection.gate
    }

    /// Counts what was written, if it was.
    fn count(&self, written: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if let Poll::Ready(Ok(bytes)) = written {
            self.connection.wrote(bytes);
        }
        written
    }

    /// Starts, stops or looks at the timer, as a write went.
    fn watch<T>(
        &mut self,
        context: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            if std::mem::take(&mut self.waiting) {
                self.gate().wake();
            }
            return written;
        }
        if !self.waiting {
            self.waiting = true;
            self.timer.as_mut().reset(Instant::now() + self.stall);
        }
        ready!(self.timer.as_mut().poll(context));
        self.failed = true;
        self.gate().wake();
        Poll::Ready(Err(stalled()))
    }
}

fn closed() -> io::Error {
    io::Error::new(io::ErrorKind::ConnectionAborted, "room is made for others")
}

fn stalled() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "the client reads nothing")
}

impl AsyncRead for Socket {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.failed {
            return Poll::Ready(Err(stalled()));
        }
        let may = self.gate().may_read(self.waiting, context);
        if self.gate().is_closed() {
            return Poll::Ready(Err(closed()));
        }
        if !may {
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let read = Pin::new(&mut self.inner).poll_read(context, buffer);
        if read.is_ready() {
            self.connection.read(buffer.filled().len().saturating_sub(before));
        }
        read
    }
}

impl AsyncWrite for Socket {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.gate().is_closed() {
            return Poll::Ready(Err(closed()));
        }
        let written = Pin::new(&mut self.inner).poll_write(context, bytes);
        let written = self.count(written);
        self.watch(context, written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.gate().is_closed() {
            return Poll::Ready(Err(closed()));
        }
        let written = Pin::new(&mut self.inner).poll_write_vectored(context, bytes);
        let written = self.count(written);
        self.watch(context, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::connections::Connections, *};
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    #[tokio::test]
    async fn a_client_that_reads_nothing_is_cut_off() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (server, _) = listener.accept().await.unwrap();
        let all = Connections::new(1, usize::MAX);
        let address = client.local_addr().unwrap().ip();
        let connection = all.open(address, 1).unwrap();
        let mut socket = Socket::new(server, Duration::from_millis(20), connection);
        let end = loop {
            if let Err(error) = socket.write_all(&[0; 1 << 16]).await {
                break error;
            }
        };
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
        let end = socket.read(&mut [0]).await.unwrap_err();
        assert_eq!(end.kind(), io::ErrorKind::TimedOut);
        drop(client);
    }
}
