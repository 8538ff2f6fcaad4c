//! The program `authpair`.

use std::process::ExitCode;

fn main() -> ExitCode {
    authpair::cli::main(std::env::args_os())
}
