//! All keys of a store, some at a time: however many there are, only a page is in memory.

use super::{Backend, Store, StoreError};

/// Keys that are read at once.
const PAGE: u32 = 1000;

/// Where a reader of keys is.
pub struct Keys {
    store: Store,
    place: Place,
}

enum Place {
    Start,
    /// SQLite: after this key.
    After(String),
    /// Redis: the cursor of SCAN.
    Cursor(u64),
    End,
}

impl Keys {
    /// At the beginning.
    pub fn new(store: Store) -> Self {
        Self { store, place: Place::Start }
    }

    /// The next keys, which may be none for once; nothing at the end. With Redis a key may come twice when
    /// keys are added meanwhile (SCAN's promise).
    pub async fn next(&mut self) -> Result<Option<Vec<String>>, StoreError> {
        let store = self.store.clone();
        let read = match (&self.place, &store.backend) {
            (Place::End, _) => return Ok(None),
            (place, Backend::Sqlite(file)) => {
                let after = match place {
                    Place::After(key) => Some(key.as_str()),
                    _ => None,
                };
                file.keys(&store.label, after, PAGE).map(|keys| match keys.last() {
                    Some(last) if keys.len() == PAGE as usize => (Place::After(last.clone()), keys),
                    _ => (Place::End, keys),
                })
            }
            (place, Backend::Redis(redis)) => {
                let cursor = match place {
                    Place::Cursor(cursor) => *cursor,
                    _ => 0,
                };
                redis.keys(cursor, PAGE).await.map(|(cursor, keys)| match cursor {
                    0 => (Place::End, keys),
                    _ => (Place::Cursor(cursor), keys),
                })
            }
        };
        let (place, keys) = store.said(read)?;
        self.place = place;
        Ok(Some(keys))
    }
}
