use std::{
    io::{PipeReader, Read, pipe},
    time::Instant,
};

use super::*;

/// An output that is not read yet.
fn unread() -> (PipeReader, LogWriter) {
    let (reader, output) = pipe().unwrap();
    (reader, LogWriter::start(Arc::new(Mutex::new(output)), QueueConfig::LOG).unwrap())
}

/// Everything until the line that ends so.
fn read_until(reader: &mut PipeReader, end: &str) -> String {
    let (mut text, mut part) = (String::new(), [0; 4_096]);
    while !text.ends_with(end) {
        let read = reader.read(&mut part).unwrap();
        text.push_str(std::str::from_utf8(&part[..read]).unwrap());
    }
    text
}

#[test]
fn lines_arrive_whole_and_in_order() {
    let (mut reader, writer) = unread();
    for number in 0..500 {
        writer.send(format!("line {number}\n").as_bytes());
    }
    let text = read_until(&mut reader, "line 499\n");
    assert!(text.lines().enumerate().all(|(number, line)| line == format!("line {number}")));
    writer.flush(Duration::from_secs(10));
    assert_eq!((*writer.shared.unwritten(), writer.shared.bytes.load(Ordering::Relaxed)), (0, 0));
}

#[test]
fn a_reader_that_does_not_read_costs_lines_and_no_time() {
    let (mut reader, writer) = unread();
    let started = Instant::now();
    for number in 0..40_000 {
        writer.send(format!("{number}\n").as_bytes());
    }
    writer.flush(Duration::from_millis(10));
    assert!(started.elapsed() < Duration::from_secs(5), "{:?}", started.elapsed());
    let lost = writer.lost();
    // The pipe holds 64 KiB beside the queue.
    assert!(lost > 0 && lost < 40_000 - QueueConfig::LOG.lines as u64, "{lost}");
    let reader = thread::spawn(move || {
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        text
    });
    writer.flush(Duration::from_secs(10));
    drop(writer);
    let text = reader.join().unwrap();
    assert_eq!(text.lines().count() as u64, 40_000 - lost);
    assert!(text.starts_with("0\n1\n2\n"), "the oldest stay");
}

#[test]
fn long_lines_fill_the_queue_by_their_bytes() {
    let (_reader, writer) = unread();
    let line = vec![b'x'; 64 * 1_024];
    (0..200).for_each(|_| writer.send(&line));
    assert!(writer.lost() >= 200 - 65 - 2, "{}", writer.lost());
    assert!(writer.shared.bytes.load(Ordering::Relaxed) <= QueueConfig::LOG.bytes);
}

#[test]
fn a_reader_that_is_gone_loses_lines_and_blocks_no_writer() {
    let (reader, writer) = unread();
    drop(reader);
    (0..10).for_each(|_| writer.send(b"line\n"));
    writer.flush(Duration::from_secs(10));
    assert_eq!((writer.lost(), *writer.shared.unwritten()), (10, 0));
}
