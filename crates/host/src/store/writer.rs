//! The thread that writes to one file of SQLite. Changes that wait for the disk together are one transaction:
//! each is acknowledged after the commit, and many cost one fsync.

use std::sync::Arc;

use rusqlite::{Connection, TransactionBehavior, params};
use tokio::sync::{mpsc, oneshot};

use super::sqlite::{OpenFile, failed, get};
use super::{Change, Changed, StoreError};

/// Changes in one transaction, and changes that may wait; more wait at the sender.
const TOGETHER: usize = 256;

/// The way to the thread.
pub struct Writer(mpsc::Sender<Job>);

struct Job {
    store: Arc<str>,
    change: Change,
    reply: oneshot::Sender<Result<Changed, StoreError>>,
}

impl Writer {
    /// Returns when the change is on the disk.
    pub async fn write(&self, store: Arc<str>, change: Change) -> Result<Changed, StoreError> {
        let (reply, written) = oneshot::channel();
        let ended = || StoreError::new("SQLite: the writer has ended");
        self.0.send(Job { store, change, reply }).await.map_err(|_| ended())?;
        written.await.map_err(|_| ended())?
    }
}

/// Starts the thread. It ends when nobody can send to it any more.
pub fn start(connection: Connection, file: Arc<OpenFile>) -> Result<Writer, StoreError> {
    let (sender, receiver) = mpsc::channel(TOGETHER);
    std::thread::Builder::new()
        .name("store-writer".to_owned())
        .spawn(move || run(connection, &file, receiver))
        .map_err(|error| StoreError::new(format!("no thread for the store: {error}")))?;
    Ok(Writer(sender))
}

fn run(mut connection: Connection, file: &OpenFile, mut receiver: mpsc::Receiver<Job>) {
    let mut jobs = Vec::new();
    while receiver.blocking_recv_many(&mut jobs, TOGETHER) > 0 {
        let result = write(&mut connection, file, &jobs);
        for (i, job) in jobs.drain(..).enumerate() {
            // Nobody may be waiting any more.
            let _ = job.reply.send(result.as_ref().map(|changed| changed[i]).map_err(Clone::clone));
        }
    }
}

/// All or none: what SQLite refuses it refuses for the file's or the disk's sake, not for one change's.
fn write(connection: &mut Connection, file: &OpenFile, jobs: &[Job]) -> Result<Vec<Changed>, StoreError> {
    // The file is ours from the first read on: another process cannot change a number between.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(failed)?;
    let changed = jobs.iter().map(|job| apply(&transaction, &job.store, &job.change));
    let changed = changed.collect::<Result<_, _>>().map_err(failed)?;
    // What is written to a file that was removed is lost with the process.
    file.must_be_there()?;
    transaction.commit().map_err(failed)?;
    Ok(changed)
}

fn apply(connection: &Connection, store: &str, change: &Change) -> rusqlite::Result<Changed> {
    match change {
        Change::Set(pairs) => {
            for (key, value) in pairs {
                set(connection, store, key, value)?;
            }
        }
        Change::Delete(keys) => {
            let sql = "DELETE FROM spin_key_value WHERE store=?1 AND key=?2";
            let mut delete = connection.prepare_cached(sql)?;
            for key in keys {
                delete.execute([store, key])?;
            }
        }
        Change::Increment(key, delta) => {
            let Some(number) = incremented(get(connection, store, key)?.as_deref(), *delta) else {
                return Ok(Changed::NoNumber);
            };
            set(connection, store, key, &number.to_le_bytes())?;
            return Ok(Changed::Number(number));
        }
        Change::Swap { key, seen: Some(seen), value } => {
            let sql = "UPDATE spin_key_value SET value=?3 WHERE store=?1 AND key=?2 AND value=?4";
            let rows = connection.prepare_cached(sql)?.execute(params![store, key, value, seen])?;
            return Ok(if rows == 0 { Changed::Stale } else { Changed::Done });
        }
        Change::Swap { key, seen: None, value } => {
            let sql =
                "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING";
            let rows = connection.prepare_cached(sql)?.execute(params![store, key, value])?;
            return Ok(if rows == 0 { Changed::Stale } else { Changed::Done });
        }
    }
    Ok(Changed::Done)
}

fn set(connection: &Connection, store: &str, key: &str, value: &[u8]) -> rusqlite::Result<()> {
    let sql = "INSERT INTO spin_key_value (store, key, value) VALUES (?1, ?2, ?3)
               ON CONFLICT(store, key) DO UPDATE SET value=?3";
    connection.prepare_cached(sql)?.execute(params![store, key, value]).map(drop)
}

/// Spin's form of a number: eight bytes, the lowest first.
fn incremented(value: Option<&[u8]>, delta: i64) -> Option<i64> {
    let number = match value {
        Some(value) => i64::from_le_bytes(value.try_into().ok()?),
        None => 0,
    };
    number.checked_add(delta)
}
