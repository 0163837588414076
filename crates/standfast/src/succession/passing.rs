//! Open connections from one process to another: file descriptors beside the bytes of a Unix socket (`SCM_RIGHTS`, unix(7)).
//!
//! They come in messages of one byte each, so that it can be counted what has come also where the system could not open all of
//! a message's descriptors.

use std::io::{IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::TcpStream;
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;

use rustix::net::{
    RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, SendAncillaryBuffer, SendAncillaryMessage,
    SendFlags, recvmsg, sendmsg,
};
use tokio::io::Interest;

/// Connections in one message; Linux takes 253.
const BATCH: usize = 64;
/// Bytes of a message's descriptors.
const SPACE: usize = rustix::cmsg_space!(ScmRights(BATCH));

/// Gives copies of `connections` to whoever is at the other end of `line`.
pub(super) async fn give(line: &tokio::net::UnixStream, connections: &[TcpStream]) -> std::io::Result<()> {
    for batch in connections.chunks(BATCH) {
        let descriptors: Vec<BorrowedFd<'_>> = batch.iter().map(|connection| connection.as_fd()).collect();
        line.async_io(Interest::WRITABLE, || {
            let mut space = [MaybeUninit::uninit(); SPACE];
            let mut beside = SendAncillaryBuffer::new(&mut space);
            beside.push(SendAncillaryMessage::ScmRights(&descriptors));
            sendmsg(line, &[IoSlice::new(b".")], &mut beside, SendFlags::NOSIGNAL)?;
            Ok(())
        })
        .await?;
    }
    Ok(())
}

/// Takes so many connections from whoever is at the other end of `line`; fewer where this process may not open as many, or the other
/// one ends in between: who goes on with some is better than nobody.
pub(super) fn take(line: &UnixStream, count: usize) -> std::io::Result<Vec<TcpStream>> {
    let mut connections = Vec::new();
    for _ in 0..count.div_ceil(BATCH) {
        let mut byte = [0];
        let mut space = [MaybeUninit::uninit(); SPACE];
        let mut beside = RecvAncillaryBuffer::new(&mut space);
        let came = recvmsg(line, &mut [IoSliceMut::new(&mut byte)], &mut beside, RecvFlags::CMSG_CLOEXEC)?;
        if came.bytes == 0 {
            break;
        }
        let descriptors = beside.drain().flat_map(|message| match message {
            RecvAncillaryMessage::ScmRights(descriptors) => descriptors.collect::<Vec<OwnedFd>>(),
            _ => Vec::new(),
        });
        connections.extend(descriptors.map(TcpStream::from));
    }
    if connections.len() < count {
        tracing::warn!(taken = connections.len(), of = count, "not all open connections could be taken over");
    }
    Ok(connections)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};
    use std::net::TcpListener;

    use super::*;

    #[tokio::test]
    async fn connections_go_over_with_what_was_sent_on_them() {
        const COUNT: usize = 2 * BATCH + 3;
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let mut callers = Vec::new();
        let mut accepted = Vec::new();
        for place in 0..COUNT {
            let mut caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
            caller.write_all(&u32::try_from(place).unwrap().to_be_bytes()).unwrap();
            callers.push(caller);
            accepted.push(listener.accept().unwrap().0);
        }
        let (own, other) = UnixStream::pair().unwrap();
        own.set_nonblocking(true).unwrap();
        let own = tokio::net::UnixStream::from_std(own).unwrap();
        let taking = tokio::task::spawn_blocking(move || take(&other, COUNT).unwrap());
        give(&own, &accepted).await.unwrap();
        let taken = taking.await.unwrap();
        drop(accepted);
        assert_eq!(taken.len(), COUNT);
        for (place, (mut connection, mut caller)) in taken.into_iter().zip(callers).enumerate() {
            let mut bytes = [0; 4];
            connection.read_exact(&mut bytes).unwrap();
            assert_eq!(u32::from_be_bytes(bytes) as usize, place);
            connection.write_all(&bytes).unwrap();
            caller.read_exact(&mut bytes).unwrap();
        }
    }

    #[tokio::test]
    async fn where_the_other_ends_in_between_those_that_came_are_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let caller = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        let (own, other) = UnixStream::pair().unwrap();
        own.set_nonblocking(true).unwrap();
        let own = tokio::net::UnixStream::from_std(own).unwrap();
        give(&own, &[caller]).await.unwrap();
        drop(own);
        assert_eq!(take(&other, BATCH + 1).unwrap().len(), 1);
        assert!(take(&other, 1).unwrap().is_empty() && take(&other, 0).unwrap().is_empty());
    }
}
