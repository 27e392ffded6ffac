//! What an instance of the component remembers of shares, for a minute: which series and instances their
//! studies have, and which pixels may not pass. It is found only by a share's own pseudonym key, which only
//! the bearer of a valid token gets to.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use deid::ShareKey;
use proxy::{Instance, Names, OrthancId, Series, Study};

/// An instance of the component lives for about as long anyway.
const LIFETIME: Duration = Duration::from_secs(60);
const MAX_SHARES: usize = 64;
/// Names that are remembered in all, of the order of 300 bytes each.
const MAX_NAMES: usize = 100_000;

/// Resources, and where each stands by the names that a viewer has for it.
pub struct Listed<T> {
    /// In Orthanc's order.
    pub items: Vec<T>,
    by_id: HashMap<String, usize>,
    by_uid: HashMap<String, usize>,
}

impl<T> Listed<T> {
    /// By the id that the viewer sees.
    pub fn by_id(&self, shown: &str) -> Option<&T> {
        self.items.get(*self.by_id.get(shown)?)
    }

    /// By the UID that the viewer sees.
    pub fn by_uid(&self, shown: &str) -> Option<&T> {
        self.items.get(*self.by_uid.get(shown)?)
    }

    fn size(&self) -> usize {
        self.by_id.len() + self.by_uid.len()
    }
}

/// The studies of a share. A token that its bearer can read (a JWS) also names them by their real names.
pub fn list_studies(items: Vec<Study>, names: &Names, by_real_names: bool) -> Listed<Study> {
    let (mut by_id, mut by_uid) = (HashMap::new(), HashMap::new());
    for (at, study) in items.iter().enumerate() {
        by_id.insert(names.orthanc_id(&study.id), at);
        by_uid.insert(names.uid(&study.uid), at);
        if by_real_names {
            by_id.insert(study.id.as_str().to_owned(), at);
            by_uid.insert(study.uid.as_str().to_owned(), at);
        }
    }
    Listed { items, by_id, by_uid }
}

/// The series of a study. By the id of an instance, the series that it lies in is found too.
pub fn list_series(items: Vec<Series>, names: &Names) -> SeriesList {
    let (mut by_id, mut by_uid, mut instances) = (HashMap::new(), HashMap::new(), HashMap::new());
    for (at, series) in items.iter().enumerate() {
        by_id.insert(names.orthanc_id(&series.id), at);
        by_uid.extend(series.uid.iter().map(|uid| (names.uid(uid), at)));
        instances.extend(series.instances.iter().map(|id| (names.orthanc_id(id), id.clone())));
    }
    SeriesList { series: Listed { items, by_id, by_uid }, instances }
}

/// The instances of a series.
pub fn list_instances(items: Vec<Instance>, names: &Names) -> Listed<Instance> {
    let by_id = items.iter().enumerate().map(|(at, instance)| (names.orthanc_id(&instance.id), at)).collect();
    let uids = items.iter().enumerate().filter_map(|(at, instance)| Some((instance.uid.as_ref()?, at)));
    let by_uid = uids.map(|(uid, at)| (names.uid(uid), at)).collect();
    Listed { items, by_id, by_uid }
}

/// The series of a study, with the ids of their instances.
pub struct SeriesList {
    /// The series.
    pub series: Listed<Series>,
    instances: HashMap<String, OrthancId>,
}

impl SeriesList {
    /// An instance of any of them by the id that the viewer sees.
    pub fn instance(&self, shown: &str) -> Option<&OrthancId> {
        self.instances.get(shown)
    }
}

/// What is remembered of one share.
#[derive(Default)]
pub struct Known {
    /// The key of its de-identification, which keeps the last names that it replaced.
    key: Option<ShareKey>,
    /// Its studies.
    pub studies: Option<Rc<Listed<Study>>>,
    /// By study.
    pub series: HashMap<OrthancId, Rc<SeriesList>>,
    /// By study: whether another one in Orthanc has its UID.
    pub namesakes: HashMap<OrthancId, bool>,
    /// By series.
    pub instances: HashMap<OrthancId, Rc<Listed<Instance>>>,
    /// By instance: why its pixels may identify somebody.
    pub risks: HashMap<OrthancId, Option<String>>,
}

impl Known {
    fn size(&self) -> usize {
        let series = self.series.values().map(|list| list.series.size() + list.instances.len());
        let instances = self.instances.values().map(|list| list.size());
        series.chain(instances).sum::<usize>() + self.risks.len()
    }
}

struct Entry {
    since: Instant,
    known: Known,
}

thread_local! {
    static MEMORY: RefCell<HashMap<Vec<u8>, Entry>> = RefCell::default();
}

/// The key of the de-identification of the share with this pseudonym key.
pub fn share_key(key: &[u8]) -> ShareKey {
    with(key, |known| known.key.get_or_insert_with(|| proxy::share_key(key)).clone())
}

/// Reads or changes what is known of the share with this pseudonym key.
pub fn with<T>(key: &[u8], f: impl FnOnce(&mut Known) -> T) -> T {
    MEMORY.with_borrow_mut(|memory| {
        memory.retain(|_, entry| entry.since.elapsed() < LIFETIME);
        let names: usize = memory.values().map(|entry| entry.known.size()).sum();
        if names > MAX_NAMES || (memory.len() >= MAX_SHARES && !memory.contains_key(key)) {
            memory.clear();
        }
        let new = || Entry { since: Instant::now(), known: Known::default() };
        f(&mut memory.entry(key.to_vec()).or_insert_with(new).known)
    })
}

/// Forgets what is known of a share, if that is not brand-new: something may have come to Orthanc since.
/// Whether it was forgotten.
pub fn forget_if_stale(key: &[u8]) -> bool {
    MEMORY.with_borrow_mut(|memory| {
        let is_stale = memory.get(key).is_some_and(|entry| entry.since.elapsed() > Duration::from_secs(1));
        is_stale && memory.remove(key).is_some()
    })
}
