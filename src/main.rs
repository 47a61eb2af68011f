//! The `clearhook` program.

fn main() -> std::process::ExitCode {
    clearhook::cli::main()
}
