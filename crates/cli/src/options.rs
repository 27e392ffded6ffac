//! The flags of `share`. No flag takes a password or a code: arguments are visible to every user of the
//! machine.

use std::path::PathBuf;

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Args, Subcommand};
use jiff::Timestamp;
use model::{ShareType, is_jti};

use crate::when;

/// Create, list, look at and take back the shares of a running service.
#[derive(Args)]
pub struct ShareCommand {
    /// The service that is asked.
    #[command(flatten)]
    pub server: ServerOptions,
    /// What is to be done.
    #[command(subcommand)]
    pub action: ShareAction,
}

/// Where the service is, and who asks.
#[derive(Args)]
pub struct ServerOptions {
    /// The service's address.
    #[arg(
        long,
        global = true,
        env = "ORTHANC_SHARE_URL",
        value_name = "URL",
        default_value = "http://127.0.0.1:8000"
    )]
    pub server: String,

    /// Your name, if the service asks for one. The password comes from ORTHANC_SHARE_PASSWORD in the
    /// environment or from --password-file; otherwise it is asked for.
    #[arg(long, global = true, env = "ORTHANC_SHARE_USER", value_name = "NAME")]
    pub user: Option<String>,

    /// A file with the password in it; `-` reads standard input.
    #[arg(long, global = true, value_name = "FILE")]
    pub password_file: Option<PathBuf>,
}

/// The subcommands of `share`.
#[derive(Subcommand)]
pub enum ShareAction {
    /// Share studies: prints the link, and draws it as a QR code on a terminal.
    Create(Box<CreateOptions>),
    /// List shares, the newest first.
    List(ListOptions),
    /// Show one share, and its link again.
    Show(ShowOptions),
    /// Take shares back: their links open nothing any more.
    Revoke(RevokeOptions),
    /// Show what happened to a share: who opened it, and when.
    Events(EventsOptions),
}

/// The flags of `share create`.
#[derive(Args)]
pub struct CreateOptions {
    /// A study, by its DICOM UID (digits and dots) or by its Orthanc id. May be given several times.
    #[arg(long = "study", value_name = "UID_OR_ID", required = true, value_parser = text)]
    pub studies: Vec<String>,

    /// What the link opens. `stone`, `ohif`, `osimis`, `meddream` and `volview` stand for their
    /// `-viewer-publication`.
    #[arg(
        long = "type",
        value_name = "TYPE",
        env = "ORTHANC_SHARE_TYPE",
        value_parser = share_type()
    )]
    pub share_type: ShareType,

    /// How many days it is open, from now. Without this and --until it has no end.
    #[arg(long, conflicts_with = "until", value_parser = clap::value_parser!(u32).range(1..=36_500))]
    pub days: Option<u32>,

    /// Its end: a date (that day is its last, in local time) or a date and time such as 2027-01-31T18:00
    /// (local time too, unless it ends in Z or an offset).
    #[arg(long, value_name = "TIME", value_parser = when::end)]
    pub until: Option<Timestamp>,

    /// Its beginning, if it is not now: a date or a date and time, as for --until.
    #[arg(long, value_name = "TIME", value_parser = when::beginning)]
    pub not_before: Option<Timestamp>,

    /// Show the study without its patient, through the anonymized server.
    #[arg(long)]
    pub anonymized: bool,

    /// A note to find the share by.
    #[arg(long, value_name = "TEXT")]
    pub label: Option<String>,

    /// Your own name for the share, such as a number in another system. It travels in the link.
    #[arg(long, value_name = "TEXT")]
    pub id: Option<String>,

    /// Ask whoever opens the link for a code. It comes from ORTHANC_SHARE_CODE in the environment, or you
    /// are asked for it, unseen. (No argument takes it: every user of this machine can read arguments.)
    #[arg(long)]
    pub code: bool,

    /// The same, with the code from a file; `-` reads standard input.
    #[arg(long, value_name = "FILE", conflicts_with = "code")]
    pub code_file: Option<PathBuf>,

    /// How often it may be opened.
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub max_uses: Option<u32>,

    /// Make a short link, for messages and small QR codes.
    #[arg(long)]
    pub short_link: bool,

    /// Allow the study's files to be downloaded (the service's default).
    #[arg(long, overrides_with = "no_download")]
    pub download: bool,

    /// Do not allow it: the viewer shows the study, but its archive is refused.
    #[arg(long, overrides_with = "download")]
    pub no_download: bool,

    /// Tell the site when the link is opened, in the way that the service is configured for.
    #[arg(long)]
    pub notify: bool,

    /// Draw the QR code wherever the output goes.
    #[arg(long, conflicts_with = "json")]
    pub qr: bool,

    /// Print the service's answer as it is, which has the token in it.
    #[arg(long)]
    pub json: bool,
}

impl CreateOptions {
    /// Whether files may be downloaded, if that was said.
    pub fn wants_download(&self) -> Option<bool> {
        match (self.download, self.no_download) {
            (true, _) => Some(true),
            (_, true) => Some(false),
            _ => None,
        }
    }
}

/// The flags of `share list`.
#[derive(Args)]
pub struct ListOptions {
    /// Only shares of this study: a DICOM UID or an Orthanc id.
    #[arg(long, value_name = "UID_OR_ID", value_parser = text)]
    pub study: Option<String>,

    /// Only shares of this name, as it was given to create.
    #[arg(long, value_name = "TEXT")]
    pub id: Option<String>,

    /// Only shares in this state.
    #[arg(long, value_parser = ["upcoming", "active", "expired", "used-up", "locked", "revoked"])]
    pub state: Option<String>,

    /// Which of the list.
    #[command(flatten)]
    pub page: PageOptions,
}

/// Which part of a list, and how it is printed.
#[derive(Args)]
pub struct PageOptions {
    /// How many, at most.
    #[arg(
        long, value_name = "COUNT", default_value_t = 50,
        value_parser = clap::value_parser!(u32).range(1..=200)
    )]
    pub limit: u32,

    /// Go on where an earlier list ended.
    #[arg(long, value_name = "CURSOR")]
    pub after: Option<String>,

    /// All of them, however many.
    #[arg(long, conflicts_with = "limit")]
    pub all: bool,

    /// Print the service's answer as it is.
    #[arg(long)]
    pub json: bool,
}

/// The flags of `share show`.
#[derive(Args)]
pub struct ShowOptions {
    /// The share, as `list` names it.
    #[arg(value_name = "SHARE", value_parser = share_name)]
    pub jti: String,

    /// Draw the link as a QR code too.
    #[arg(long, conflicts_with = "json")]
    pub qr: bool,

    /// Print the service's answer as it is.
    #[arg(long)]
    pub json: bool,
}

/// The flags of `share revoke`.
#[derive(Args)]
pub struct RevokeOptions {
    /// The shares, as `list` names them.
    #[arg(value_name = "SHARE", required = true, value_parser = share_name)]
    pub jtis: Vec<String>,
}

/// The flags of `share events`.
#[derive(Args)]
pub struct EventsOptions {
    /// The share, as `list` names it.
    #[arg(value_name = "SHARE", value_parser = share_name)]
    pub jti: String,

    /// Which of the list.
    #[command(flatten)]
    pub page: PageOptions,
}

/// Share types under their names, and the viewers under theirs.
fn share_type() -> impl TypedValueParser<Value = ShareType> {
    const ENDING: &str = "-viewer-publication";
    let values = ShareType::ALL.iter().map(|share_type| {
        let name = share_type.name();
        let value = PossibleValue::new(name);
        match name.strip_suffix(ENDING) {
            Some(viewer) => value.alias(viewer),
            None => value,
        }
    });
    PossibleValuesParser::new(values).try_map(|name| {
        ShareType::from_name(&name)
            .or_else(|| ShareType::from_name(&format!("{name}{ENDING}")))
            .ok_or("no type of share")
    })
}

/// Not empty; the service judges the rest.
fn text(value: &str) -> Result<String, &'static str> {
    if value.is_empty() { Err("expected a text") } else { Ok(value.to_owned()) }
}

/// What a share's name may look like: it becomes a part of the address that is asked.
fn share_name(value: &str) -> Result<String, &'static str> {
    if is_jti(value) { Ok(value.to_owned()) } else { Err("expected a share as `share list` names it") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::{CommandFactory, Parser};

    #[derive(Parser)]
    struct Line {
        #[command(flatten)]
        share: ShareCommand,
    }

    fn read(line: &str) -> Result<ShareCommand, clap::Error> {
        Line::try_parse_from(std::iter::once("share").chain(line.split(' '))).map(|line| line.share)
    }

    fn create(line: &str) -> Result<Box<CreateOptions>, clap::Error> {
        match read(line)?.action {
            ShareAction::Create(options) => Ok(options),
            _ => panic!("{line} creates nothing"),
        }
    }

    #[test]
    fn the_command_line_is_consistent() {
        Line::command().debug_assert();
    }

    #[test]
    fn viewers_have_short_names() {
        for (name, expected) in [
            ("stone", ShareType::StoneViewerPublication),
            ("meddream", ShareType::MeddreamViewerPublication),
            ("ohif-viewer-publication", ShareType::OhifViewerPublication),
            ("viewer-instant-link", ShareType::ViewerInstantLink),
        ] {
            let options = create(&format!("create --study 1.2 --type {name}")).unwrap();
            assert_eq!(options.share_type, expected, "{name}");
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_with_the_status_of_usage() {
        for line in [
            "create --type stone",
            "create --study 1.2 --type word",
            "create --study 1.2 --type stone --days 0",
            "create --study 1.2 --type stone --days 3 --until 2030-01-01",
            "create --study 1.2 --type stone --until tomorrow",
            "create --study 1.2 --type stone --max-uses 0",
            "create --study 1.2 --type stone --code --code-file x",
            "create --study 1.2 --type stone --code=1234",
            "create --study 1.2 --type stone --json --qr",
            "create --study 1.2 --type stone --password x",
            "list --limit 201",
            "list --limit 3 --all",
            "list --state open",
            "show",
            "show ../tokens",
            "show a/b",
            "revoke",
            "revoke a ..",
            "events a?b",
            &format!("show {}", "a".repeat(65)),
        ] {
            let error = read(line).err().unwrap_or_else(|| panic!("`{line}` was taken"));
            assert_eq!(error.exit_code(), 2, "{line}");
        }
        assert!(read(&format!("show {}", "a".repeat(64))).is_ok());
    }

    #[test]
    fn the_last_word_about_downloads_counts() {
        for (flags, expected) in [
            ("", None),
            (" --download", Some(true)),
            (" --no-download", Some(false)),
            (" --download --no-download", Some(false)),
            (" --no-download --download", Some(true)),
        ] {
            let options = create(&format!("create --study 1.2 --type stone{flags}")).unwrap();
            assert_eq!(options.wants_download(), expected, "{flags}");
        }
    }

    #[test]
    fn the_service_may_be_named_before_or_after_the_subcommand() {
        for line in ["--server http://a/ --user u list", "list --server http://a/ --user u"] {
            let command = read(line).unwrap();
            assert_eq!(
                (command.server.server.as_str(), command.server.user.as_deref()),
                ("http://a/", Some("u"))
            );
        }
    }
}
