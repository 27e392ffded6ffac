//! A store in a Redis, with Spin's layout: keys and values as they are, in the database that the URL names.
//!
//! All commands go through one connection, which is replaced as soon as it fails or does not answer. (The
//! library's ConnectionManager keeps one that only times out.) Whatever the server does, an answer or an error
//! is there after some two seconds, and what is repeatable is sent again when a connection turns out broken.
//!
//! Each command is a task of its own ([`Redis::send`]): an instance that waits in a synchronous call polls none
//! of its other calls, and one of these could have the turn at the connection and never use it.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::Context;
use redis::aio::MultiplexedConnection;
use redis::{AsyncConnectionConfig, Client, Cmd, FromRedisValue, RedisError, RedisResult, cmd};

use super::{Change, Changed, StoreError, lock};

/// For a new connection with its greeting, and for each answer.
const PATIENCE: Duration = Duration::from_secs(1);

/// After a server that did not answer, so long none is asked: many requests do not wait one after another.
const PAUSE: Duration = Duration::from_millis(250);

/// Connections that are kept for transactions.
const IDLE: usize = 8;

/// A Redis, connected to when it is first needed.
pub struct Redis(Arc<Server>);

struct Server {
    client: Client,
    shared: tokio::sync::Mutex<Shared>,
    /// No connection is tried before this time, for this reason.
    pause: Mutex<Option<(Instant, StoreError)>>,
    /// For transactions, which are a connection's, not a command's.
    idle: Mutex<Vec<MultiplexedConnection>>,
}

#[derive(Default)]
struct Shared {
    connection: Option<MultiplexedConnection>,
    /// Counts the connections: one that failed is forgotten once, not its successor with it.
    generation: u64,
}

impl Redis {
    /// `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS, or `redis+unix:///path`.
    pub fn new(url: &str) -> anyhow::Result<Self> {
        // The library's errors name the part that is wrong; with the URL left out, none can show it.
        let client = Client::open(url).ok().context("is no URL of a Redis server")?;
        let server =
            Server { client, shared: Default::default(), pause: Mutex::default(), idle: Mutex::default() };
        Ok(Self(Arc::new(server)))
    }

    /// Host and port.
    pub fn address(&self) -> String {
        self.0.client.get_connection_info().addr().to_string()
    }

    /// The value of a key.
    pub async fn get(&self, key: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.run(cmd("GET").arg(key), Again::Yes).await
    }

    /// The values of these keys, of one moment.
    pub async fn get_many(&self, keys: &[String]) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.run(cmd("MGET").arg(keys), Again::Yes).await
    }

    /// Whether the key is there.
    pub async fn exists(&self, key: &str) -> Result<bool, StoreError> {
        self.run(cmd("EXISTS").arg(key), Again::Yes).await
    }

    /// Some keys, and the cursor for more; 0 at the end.
    pub async fn keys(&self, cursor: u64, count: u32) -> Result<(u64, Vec<String>), StoreError> {
        let scan = cmd("SCAN").arg(cursor).arg("COUNT").arg(count).take();
        let (cursor, keys): (u64, Vec<Vec<u8>>) = self.run(&scan, Again::Yes).await?;
        // What is no text is another program's, and cannot be asked for.
        Ok((cursor, keys.into_iter().filter_map(|key| String::from_utf8(key).ok()).collect()))
    }

    /// Makes the change; how durable it is, is the server's setting (`appendfsync`).
    pub async fn change(&self, change: Change) -> Result<Changed, StoreError> {
        match change {
            // Setting or removing twice is as good as once.
            Change::Set(pairs) => self.run::<()>(cmd("MSET").arg(&pairs[..]), Again::Yes).await?,
            Change::Delete(keys) => self.run::<()>(cmd("DEL").arg(&keys[..]), Again::Yes).await?,
            Change::Increment(key, delta) => {
                let result = self.send(cmd("INCRBY").arg(key).arg(delta), Again::No).await?;
                return match result {
                    Ok(number) => Ok(Changed::Number(number)),
                    // "value is not an integer or out of range"
                    Err(error) if error.code() == Some("ERR") => Ok(Changed::NoNumber),
                    Err(error) => Err(failed(&error)),
                };
            }
            Change::Swap { key, seen, value } => return self.0.swap(&key, seen, &value).await,
        }
        Ok(Changed::Done)
    }

    async fn run<T>(&self, command: &Cmd, again: Again) -> Result<T, StoreError>
    where
        T: FromRedisValue + Send + 'static,
    {
        self.send(command, again).await?.map_err(|error| failed(&error))
    }

    /// The outer error: there is no connection. The inner one: the command failed. It goes on whether the
    /// caller is polled or not.
    async fn send<T>(&self, command: &Cmd, again: Again) -> Result<RedisResult<T>, StoreError>
    where
        T: FromRedisValue + Send + 'static,
    {
        let (server, command) = (self.0.clone(), command.clone());
        let sent = tokio::spawn(async move { server.send(&command, again).await });
        sent.await.unwrap_or_else(|_| Err(StoreError::new("the runtime ends")))
    }
}

impl Server {
    /// WATCH, compare, MULTI, SET, EXEC: nothing is set if anybody wrote the key since WATCH.
    async fn swap(&self, key: &str, seen: Option<Vec<u8>>, value: &[u8]) -> Result<Changed, StoreError> {
        let mut connection = self.watching(key).await?;
        let mut swap = async || -> RedisResult<Changed> {
            let now: Option<Vec<u8>> = cmd("GET").arg(key).query_async(&mut connection).await?;
            if now != seen {
                cmd("UNWATCH").exec_async(&mut connection).await?;
                return Ok(Changed::Stale);
            }
            let set = redis::pipe().atomic().cmd("SET").arg(key).arg(value).ignore().to_owned();
            let done: Option<()> = set.query_async(&mut connection).await?;
            Ok(if done.is_some() { Changed::Done } else { Changed::Stale })
        };
        // A connection that failed is dropped, and what it watched with it.
        let changed = swap().await.map_err(|error| failed(&error))?;
        let mut idle = lock(&self.idle);
        if idle.len() < IDLE {
            idle.push(connection);
        }
        Ok(changed)
    }

    /// A connection of its own that watches this key.
    async fn watching(&self, key: &str) -> Result<MultiplexedConnection, StoreError> {
        let watch = cmd("WATCH").arg(key).take();
        let idle = lock(&self.idle).pop();
        if let Some(mut connection) = idle {
            match watch.exec_async(&mut connection).await {
                Ok(()) => return Ok(connection),
                // The others are from the same time.
                Err(_) => lock(&self.idle).clear(),
            }
        }
        let mut connection = self.connect().await?;
        watch.exec_async(&mut connection).await.map_err(|error| failed(&error))?;
        Ok(connection)
    }

    async fn send<T: FromRedisValue>(
        &self,
        command: &Cmd,
        mut again: Again,
    ) -> Result<RedisResult<T>, StoreError> {
        loop {
            let (generation, mut connection) = self.connection().await?;
            let error = match command.query_async(&mut connection).await {
                Ok(value) => return Ok(Ok(value)),
                Err(error) => error,
            };
            if error.is_io_error() || error.is_unrecoverable_error() {
                self.forget(generation).await;
                // A broken one is known at once; one that did not answer has had its time.
                if again == Again::Yes && !error.is_timeout() {
                    again = Again::No;
                    continue;
                }
            }
            return Ok(Err(error));
        }
    }

    async fn connection(&self) -> Result<(u64, MultiplexedConnection), StoreError> {
        let mut shared = self.shared.lock().await;
        if let Some(connection) = &shared.connection {
            return Ok((shared.generation, connection.clone()));
        }
        let connection = self.connect().await?;
        shared.generation += 1;
        shared.connection = Some(connection.clone());
        Ok((shared.generation, connection))
    }

    async fn forget(&self, generation: u64) {
        let mut shared = self.shared.lock().await;
        if shared.generation == generation {
            shared.connection = None;
        }
    }

    async fn connect(&self) -> Result<MultiplexedConnection, StoreError> {
        if let Some((until, error)) = &*lock(&self.pause)
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(PATIENCE))
            .set_response_timeout(Some(PATIENCE));
        let connecting = self.client.get_multiplexed_async_connection_with_config(&config);
        let begun = Instant::now();
        // Looking up the name is not in the library's time.
        let connected = match tokio::time::timeout(PATIENCE, connecting).await {
            Ok(connected) => connected.map_err(|error| failed(&error)),
            Err(_) => Err(StoreError::new(SILENT)),
        };
        // One that is refused at once holds nobody up.
        let silent = connected.as_ref().err().filter(|_| begun.elapsed() >= PATIENCE / 2);
        *lock(&self.pause) = silent.map(|error| (Instant::now() + PAUSE, error.clone()));
        connected
    }
}

/// Whether a command may be sent a second time.
#[derive(Clone, Copy, PartialEq)]
enum Again {
    Yes,
    No,
}

const SILENT: &str = "Redis does not answer";

/// What went wrong, without the server's own words: they may repeat what was sent.
fn failed(error: &RedisError) -> StoreError {
    if error.is_timeout() {
        StoreError::new(SILENT)
    } else if error.is_connection_refusal() {
        StoreError::new("Redis refuses the connection")
    } else if let Some(code) = error.code() {
        StoreError::new(format!("Redis refuses: {code}"))
    } else {
        StoreError::new(format!("Redis: {}", error.category()))
    }
}
