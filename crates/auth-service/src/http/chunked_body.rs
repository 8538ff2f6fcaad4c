//! A response body of chunks that other responses share, so nothing is copied.

use std::{
    collections::VecDeque,
    convert::Infallible,
    pin::Pin,
    task::{Context, Poll},
};

use actix_web::{
    body::{BodySize, MessageBody},
    web::Bytes,
};

/// The chunks, sent one after the other.
#[derive(Debug)]
pub(crate) struct ChunkedBody {
    left: VecDeque<Bytes>,
    length: u64,
}

impl ChunkedBody {
    pub(crate) fn new(chunks: Vec<Bytes>) -> Self {
        let length = chunks.iter().map(|chunk| chunk.len() as u64).sum();
        Self { left: chunks.into(), length }
    }
}

impl MessageBody for ChunkedBody {
    type Error = Infallible;

    fn size(&self) -> BodySize {
        BodySize::Sized(self.length)
    }

    fn poll_next(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Bytes, Infallible>>> {
        Poll::Ready(self.left.pop_front().map(Ok))
    }
}
