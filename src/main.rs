//! The `clearhook` program.

/// Sending and storing allocate much and for a short time; this allocator is quicker at it than the system's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    clearhook::main()
}
