//! The program `users-api`; see [`users_api::cli`].

fn main() -> std::process::ExitCode {
    users_api::cli::main(std::env::args_os())
}
