//! Accounting for what happens to shares, where they are kept: each event is a line of JSON on the log, part
//! of its share's history, and on its way to the audit repository where there is one.
//!
//! An event is in the store before the answer that it is about leaves. What is to be sent is sent behind an
//! answer ([`Audit::send_later`]): nobody waits for an endpoint that is slow, not even the other endpoint, and
//! one that is down finds everything waiting when it is up again.

use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::rc::Rc;

use audit::{Node, Proxies};
use futures::future::join_all;
use model::{Level, Moment, Resource};
use registry::{Account, Action, Destination, Event, Message, Outcome, Posting, StoreError, hash_of};
use spin_sdk::wasip3::spawn;

use crate::clock;
use crate::post::{self, Endpoint};
use crate::request::Headers;
use crate::settings::{Kept, Misconfigured, kept, variable};
use crate::shares::Shares;

/// What accounting is configured with.
pub struct Audit {
    proxies: Proxies,
    audit: Option<Endpoint>,
    notify: Option<Endpoint>,
    /// The name that this service has in the audit repository.
    node: String,
}

/// Who asked.
#[derive(Clone, Default)]
pub struct Caller {
    /// The user whose password was right.
    pub user: Option<String>,
    /// The address, as far as it can be known.
    pub address: Option<String>,
}

/// What happened, before it has a time and an id.
pub struct Happened<'a> {
    /// The share, where the token was ours and named one.
    pub jti: Option<&'a str>,
    /// Whether the store knows the share: only then it has a history.
    pub is_kept: bool,
    /// What was done.
    pub action: Action,
    /// Why it was refused, if it was.
    pub refused: Option<&'a str>,
    /// What was asked for.
    pub resource: Option<&'a Resource>,
}

thread_local! {
    static AUDIT: Kept<Audit> = const { Kept::new() };
    /// Hashes of what this instance knows to be written down for this hour, under a key of its own.
    static SEEN: RefCell<(i64, HashSet<u64>, RandomState)> = RefCell::new((0, HashSet::new(), RandomState::new()));
    /// When this instance last looked whether there is something to send.
    static LOOKED: Cell<i64> = const { Cell::new(i64::MIN) };
    /// The hour in which this instance last asked whether to sweep.
    static SWEPT: Cell<i64> = const { Cell::new(i64::MIN) };
}

/// How many things of an hour an instance remembers at most.
const MOST_SEEN: usize = 4096;

/// How many seconds lie between two looks of one instance at what is to be sent.
const LOOKS_SECONDS: i64 = 5;

impl Audit {
    /// From the component's variables.
    pub async fn load() -> Result<Rc<Self>, Misconfigured> {
        kept(&AUDIT, || async {
            let authorization = variable("audit_authorization").await?;
            let authorization = config::audit_authorization(&authorization)?.map(str::to_owned);
            let audit = config::audit_endpoint(&variable("audit_endpoint").await?)?;
            let notify = config::notify_endpoint(&variable("notify_endpoint").await?)?;
            let landing = config::public_landing_root(&variable("public_landing_root").await?)?;
            Ok(Self {
                proxies: config::trusted_proxies(&variable("trusted_proxies").await?)?,
                audit: audit.map(|url| Endpoint { url, authorization }),
                notify: notify.map(|url| Endpoint { url, authorization: None }),
                node: landing.map_or("orthanc-share".to_owned(), |root| root.as_str().to_owned()),
            })
        })
        .await
    }

    /// Whether somebody can be told that a share was opened.
    pub fn notifies(&self) -> bool {
        self.notify.is_some()
    }

    /// Who asked. The peer's address is the last header of its name: a client may have sent one before it.
    pub fn caller(&self, headers: &Headers, user: Option<&str>) -> Caller {
        let peer = headers.get_all("spin-client-addr").pop();
        let forwarded = headers.get_all("x-forwarded-for");
        let forwarded: Vec<&str> = forwarded.iter().map(String::as_str).collect();
        let address = self.proxies.caller(peer.as_deref(), &forwarded);
        Caller { user: user.map(str::to_owned), address: address.map(|address| address.to_string()) }
    }

    /// Writes down what happened: when this is done it is not lost any more.
    pub async fn record(
        &self,
        shares: &Shares,
        caller: &Caller,
        happened: &Happened<'_>,
        notify: bool,
    ) -> Result<(), StoreError> {
        let account = self.account(caller, happened, notify)?;
        self.log(&account);
        shares.record(&account).await
    }

    /// The same for an opening that was counted, by this form.
    pub async fn record_opened(
        &self,
        shares: &Shares,
        caller: &Caller,
        happened: &Happened<'_>,
        notify: bool,
        posting: &Posting,
    ) -> Result<(), StoreError> {
        let account = self.account(caller, happened, notify)?;
        self.log(&account);
        shares.record_opened(posting, &account).await
    }

    /// What happened, to be kept in one step with what it is about; then it goes to the log.
    pub fn account(
        &self,
        caller: &Caller,
        happened: &Happened<'_>,
        notify: bool,
    ) -> Result<Account, StoreError> {
        let wanted = [
            (self.audit.is_some(), Destination::Audit),
            (notify && self.notify.is_some(), Destination::Notify),
        ];
        Ok(Account {
            event: event(caller, happened).ok_or(StoreError::Unavailable)?,
            is_kept: happened.is_kept,
            to: wanted.into_iter().filter_map(|(wanted, to)| wanted.then_some(to)).collect(),
        })
    }

    /// One line; what was looked at is in the share's history, not on the log.
    pub fn log(&self, account: &Account) {
        println!("{}", Event { resource: None, ..account.event.clone() }.to_json());
    }

    /// The same for what happens again and again, as a viewer reads, or as somebody tries: it is written down
    /// once an hour for each of `of_what` (a token, say) and resource, and on each refusal there is a line on
    /// the log.
    pub async fn record_once_an_hour(
        &self,
        shares: &Shares,
        caller: &Caller,
        of_what: &str,
        happened: &Happened<'_>,
    ) -> Result<(), StoreError> {
        let now = clock::now();
        let is_known = is_seen_here(now, of_what, happened);
        if is_known && happened.refused.is_none() {
            return Ok(());
        }
        let account = self.account(caller, happened, false)?;
        let is_first =
            !is_known && shares.record_once_an_hour(&digest(of_what, happened), now, &account).await?;
        if is_first || happened.refused.is_some() {
            self.log(&account);
        }
        see_here(of_what, happened);
        Ok(())
    }

    /// Behind the answer that is being given: sends what waits, if it is this instance's turn.
    pub fn send_later(self: Rc<Self>, shares: Rc<Shares>) {
        let now = clock::now().unix_seconds();
        if now < LOOKED.get().saturating_add(LOOKS_SECONDS) {
            return;
        }
        LOOKED.set(now);
        spawn(async move {
            // At the same time: neither takes any of the other's turn.
            let sent = join_all(Destination::ALL.iter().map(|&to| self.send(&shares, to))).await;
            if sent.iter().any(Result::is_err) || sweep(&shares).await.is_err() {
                eprintln!("audit failed reason=store-unavailable");
            }
        });
    }

    /// Sends what waits for this destination, until one of it is not taken.
    async fn send(&self, shares: &Shares, to: Destination) -> Result<(), StoreError> {
        if !shares.has_messages(to).await? {
            return Ok(());
        }
        let Some(until) = shares.may_send(to, clock::now()).await? else { return Ok(()) };
        while clock::now().unix_seconds() < until
            && let Some((n, message)) = shares.next_message(to).await?
        {
            if message.to != to {
                shares.to_its_queue(to, n, &message).await?;
            } else if self.deliver(&message).await {
                shares.mark_sent(to, n).await?;
            } else {
                break;
            }
        }
        Ok(())
    }

    /// Whether the message is done with: it is there, or nobody will ever take it.
    async fn deliver(&self, message: &Message) -> bool {
        let (endpoint, body) = match message.to {
            Destination::Audit => {
                (&self.audit, audit::audit_event(&message.event, Node { name: &self.node }))
            }
            Destination::Notify => (&self.notify, post::notification(&message.event)),
        };
        // It was configured when the event happened, and is not any more.
        let Some(endpoint) = endpoint else { return true };
        let kind = match message.to {
            Destination::Audit => "application/fhir+json",
            Destination::Notify => "application/json",
        };
        match endpoint.send(kind, body.to_string()).await {
            Ok(()) => true,
            Err(post::Failed::Refused(status)) => {
                eprintln!(
                    "audit failed reason=refused-by-endpoint status={status} event={}",
                    message.event.id
                );
                true
            }
            Err(post::Failed::Later(why)) => {
                eprintln!("audit failed reason={why} event={}: will be sent again", message.event.id);
                false
            }
        }
    }
}

/// Once an hour, on whatever node comes first: forgets what was seen in earlier hours, and takes up messages
/// that a node that ended left behind.
async fn sweep(shares: &Shares) -> Result<(), StoreError> {
    let now = clock::now();
    let hour = now.unix_seconds().div_euclid(3600);
    if SWEPT.replace(hour) == hour || !shares.is_first_in_hour("sweep", now).await? {
        return Ok(());
    }
    shares.forget_seen(now).await?;
    for to in Destination::ALL {
        shares.take_up_passed(*to).await?;
    }
    Ok(())
}

fn event(caller: &Caller, happened: &Happened<'_>) -> Option<Event> {
    Some(Event {
        id: clock::new_id().ok()?,
        time: clock::now(),
        jti: happened.jti.map(str::to_owned),
        action: happened.action,
        outcome: if happened.refused.is_some() { Outcome::Refused } else { Outcome::Success },
        reason: happened.refused.map(str::to_owned),
        user: caller.user.clone(),
        address: caller.address.clone(),
        resource: happened.resource.map(without_patient),
    })
}

/// A PatientID is the patient's own: Orthanc's id of the patient says which one it is to those who may know.
fn without_patient(resource: &Resource) -> Resource {
    let dicom_uid = resource.dicom_uid.clone().filter(|_| resource.level != Level::Patient);
    Resource { dicom_uid, ..resource.clone() }
}

/// Whether this instance knows that it is written down for this hour.
fn is_seen_here(now: Moment, of_what: &str, happened: &Happened<'_>) -> bool {
    let hour = now.unix_seconds().div_euclid(3600);
    SEEN.with_borrow_mut(|(seen_hour, seen, hasher)| {
        if *seen_hour != hour || seen.len() >= MOST_SEEN {
            *seen_hour = hour;
            seen.clear();
        }
        seen.contains(&seen_as(hasher, of_what, happened))
    })
}

/// From now on it does.
fn see_here(of_what: &str, happened: &Happened<'_>) {
    SEEN.with_borrow_mut(|(_, seen, hasher)| {
        seen.insert(seen_as(hasher, of_what, happened));
    });
}

fn seen_as(hasher: &RandomState, of_what: &str, happened: &Happened<'_>) -> u64 {
    hasher.hash_one((of_what, happened.refused, happened.resource))
}

/// The same for all nodes: of a token nothing can be told from it.
fn digest(of_what: &str, happened: &Happened<'_>) -> String {
    let (level, dicom_uid, orthanc_id) = happened.resource.map_or(("", None, None), |resource| {
        (resource.level.name(), resource.dicom_uid.as_deref(), resource.orthanc_id.as_deref())
    });
    let refused = happened.refused.unwrap_or_default();
    hash_of(&[of_what, refused, level, dicom_uid.unwrap_or_default(), orthanc_id.unwrap_or_default()])
}
