//! The key-value store as the registry needs it: the part that Spin offers alike for SQLite and Redis.
//! Compare-and-swap is not in it: Spin's for Redis does not notice that it failed.

/// The store did not do what it was asked. Why is on the log: of who implements it, and of the registry, which
/// names the key of what it does not understand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It does not answer, or refuses.
    #[error("the store is not available")]
    Unavailable,
    /// It answers with what this version did not write: a newer one did, say.
    #[error("the store holds something that this version does not understand")]
    NotUnderstood,
}

/// A key-value store.
#[expect(async_fn_in_trait, reason = "components have one thread: no future needs to be Send")]
pub trait Store {
    /// The value of a key.
    async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError>;

    /// Sets all of these, or none.
    async fn set(&self, values: Vec<(String, Vec<u8>)>) -> Result<(), StoreError>;

    /// Forgets all of these, or none; that one is not there is no error.
    async fn delete(&self, keys: Vec<String>) -> Result<(), StoreError>;

    /// Adds to a counter, which begins with 0, at once for every node; its new value.
    async fn increment(&self, key: &str, delta: i64) -> Result<i64, StoreError>;

    /// The keys that begin so. All keys are looked at for it: for what is done once an hour.
    async fn keys(&self, prefix: &str) -> Result<Vec<String>, StoreError>;
}

/// The value of a counter as it was read: 8 bytes, the lowest first, where Spin's store is SQLite; decimal
/// digits where it is Redis. (Eight digits are no such 8 bytes: the highest of these would be a count of
/// more than 10^18.)
pub fn counted(value: Option<&[u8]>) -> Result<i64, StoreError> {
    let Some(value) = value else { return Ok(0) };
    let text = std::str::from_utf8(value).ok().and_then(|text| text.parse().ok());
    let bytes = || value.try_into().map(i64::from_le_bytes).ok();
    text.or_else(bytes).ok_or(StoreError::NotUnderstood)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_counter_is_read_as_either_store_keeps_it() {
        let cases: [(Option<&[u8]>, _); 8] = [
            (None, Ok(0)),
            (Some(b"0"), Ok(0)),
            (Some(b"12345678"), Ok(12_345_678)),
            (Some(b"-3"), Ok(-3)),
            (Some(&[5, 0, 0, 0, 0, 0, 0, 0]), Ok(5)),
            (Some(&[255; 8]), Ok(-1)),
            (Some(b""), Err(StoreError::NotUnderstood)),
            (Some(b"many"), Err(StoreError::NotUnderstood)),
        ];
        for (value, expected) in cases {
            assert_eq!(counted(value), expected, "{value:?}");
        }
    }
}
