//! `orthanc-share share …` and `orthanc-share keys …`: the life of a share from the command line of a
//! person, over the JSON API of a running service; and new keys for it.
//!
//! In: what clap read ([`ShareCommand`], [`KeysCommand`]). Out: text or JSON on standard output, remarks on
//! standard error, and a [`Failure`] when something was refused.
//!
//! The subtle things: no secret is ever taken from the arguments (every user of the machine sees those) or
//! written to standard error; and nothing that a service answers reaches the terminal with its control
//! characters ([`terminal`]).

mod client;
mod create;
mod failure;
mod keys;
mod options;
mod output;
mod qr;
mod ring;
mod secret;
mod shares;
mod table;
mod terminal;
mod when;

pub use failure::Failure;
pub use keys::{KeysCommand, NewKeyOptions};
pub use options::{
    CreateOptions, EventsOptions, ListOptions, RevokeOptions, ServerOptions, ShareAction, ShareCommand,
    ShowOptions,
};

/// Runs `share …`.
pub fn share(command: &ShareCommand) -> Result<(), Failure> {
    if let ShareAction::Create(options) = &command.action {
        return create::run(&command.server, options);
    }
    let client = client::Client::new(&command.server)?;
    match &command.action {
        ShareAction::Create(_) => Ok(()),
        ShareAction::List(options) => shares::list(&client, options),
        ShareAction::Show(options) => shares::show(&client, options),
        ShareAction::Revoke(options) => shares::revoke(&client, options),
        ShareAction::Events(options) => shares::events(&client, options),
    }
}

/// Runs `keys …`.
pub fn keys(command: &KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::New(options) => keys::new(options),
    }
}
