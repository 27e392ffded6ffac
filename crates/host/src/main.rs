//! `orthanc-share`: the embedded runtime. It runs the application's spin.toml on wasmtime, with the
//! semantics and the flag names of Spin, on machines without Spin.
//!
//! `health` asks a running one whether it answers ([`health`]); `share` and `keys` are the crate `cli`'s.
//!
//! `up` goes through these modules, in this order:
//! [`cli`] flags → [`variables`] values → [`compose`] one component from a component and its
//! dependencies → [`compiled`] its machine code, which the [`engine`] runs → [`app`] a handler for each component →
//! [`server`] connections
//! → [`service`] one request → [`instance`] the component's side of it ([`outbound`]: what it may call,
//! [`store`]: what it may keep).

mod app;
mod body;
mod cli;
mod compiled;
mod compose;
mod connection;
mod cpu;
mod descriptors;
mod ending;
mod engine;
mod files;
mod health;
mod instance;
mod logging;
mod memory;
mod outbound;
mod reload;
mod server;
mod service;
mod shard;
mod shown;
mod stdio;
mod store;
mod up;
mod variables;
mod workers;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    let result = match cli::Cli::parse().command {
        cli::Command::Up(options) => up::run(*options),
        cli::Command::Health(options) => health::check(options.listen),
        cli::Command::Share(command) => ::cli::share(&command).map_err(anyhow::Error::from),
        cli::Command::Keys(command) => ::cli::keys(&command).map_err(anyhow::Error::from),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
