//! Makes the browser's script for a WebAssembly module: `site-bindgen MODULE FOLDER` writes `clearhook.js` and `clearhook_bg.wasm` into the folder.
//! `site-bindgen --version` prints the version of wasm-bindgen, which must be that of the module.
//!
//! It does what `wasm-bindgen --target web` does. That program also runs tests in browsers, so it needs 161 crates; this needs 42, and every new clone
//! compiles them.

use std::{env, error::Error, process::ExitCode};

use wasm_bindgen_cli_support::Bindgen;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match arguments[..] {
        ["--version"] => println!("site-bindgen {}", wasm_bindgen_shared::version()),
        [module, folder] => {
            if let Err(error) = generate(module, folder) {
                eprintln!("site-bindgen: {error:?}");
                return ExitCode::FAILURE;
            }
        }
        _ => {
            eprintln!("usage: site-bindgen MODULE FOLDER, or site-bindgen --version");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn generate(module: &str, folder: &str) -> Result<(), Box<dyn Error>> {
    let mut bindgen = Bindgen::new();
    bindgen.input_path(module).out_name("clearhook").typescript(false).web(true)?;
    bindgen.generate(folder)?;
    Ok(())
}
