//! A transaction of PostgreSQL that a test keeps open, so that other clients wait for its locks.

use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Stdio},
};

use super::postgres::psql_command;

/// A transaction that has run its statements and is open. It is rolled back when it is dropped.
#[derive(Debug)]
pub struct OpenTransaction {
    psql: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl OpenTransaction {
    /// Begins a transaction and runs these statements, such as `LOCK TABLE users;`.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn begin(url: &str, sql: &str) -> Self {
        let mut psql = psql_command(url)
            .args(["-A", "-t", "-f", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("psql");
        let (input, output) = (psql.stdin.take(), psql.stdout.take().expect("a pipe"));
        let mut transaction = Self { psql, input, output: BufReader::new(output) };
        transaction.run(&format!("BEGIN; {sql}"));
        transaction
    }

    /// Runs further statements and commits.
    ///
    /// # Panics
    /// When one of them fails.
    pub fn commit(mut self, sql: &str) {
        self.run(&format!("{sql}; COMMIT;"));
    }

    /// Runs statements, and waits until they are done.
    fn run(&mut self, sql: &str) {
        let input = self.input.as_mut().expect("an open pipe");
        writeln!(input, "{sql};\nSELECT 'done';").expect("a running psql");
        let mut line = String::new();
        // psql ends when a statement fails, and its output with it.
        while self.output.read_line(&mut line).expect("text") > 0 {
            if line.ends_with("done\n") {
                return;
            }
        }
        panic!("{sql} fails");
    }
}

impl Drop for OpenTransaction {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.psql.wait();
    }
}
