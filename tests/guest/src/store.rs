//! What a store does, a route an operation: `spin:key-value`, and `wasi:keyvalue` for what is atomic.
//! The path is `/kv/{operation}/{store}/{key}`; 403 is access-denied, 500 any other error.

use bytes::Bytes;
use http_body_util::BodyExt;
use spin_sdk::http::Request;
use spin_sdk::key_value::{Error, Store};

use crate::{Answer, answer};

#[allow(missing_docs)]
mod bindings {
    spin_sdk::wit_bindgen::generate!({
        inline: "
            package orthanc-share:test-guest;
            world guest {
                include wasi:keyvalue/imports@0.2.0-draft2;
            }
        ",
        path: "../../wit",
        runtime_path: "::spin_sdk::wit_bindgen::rt",
        generate_all,
    });
}

use bindings::wasi::keyvalue::atomics::{self, Cas, CasError};
use bindings::wasi::keyvalue::batch;
use bindings::wasi::keyvalue::store as wasi;

pub async fn handle(path: &str, request: Request) -> Answer {
    let mut parts = path.splitn(3, '/');
    let [operation, label, key] = [(); 3].map(|()| parts.next().unwrap_or_default().to_owned());
    let body = match request.into_body().collect().await {
        Ok(body) => body.to_bytes(),
        Err(error) => return answer(400, error.to_string()),
    };
    match spin(&operation, &label, &key, &body).await {
        Ok(Some(answer)) => return answer,
        Ok(None) => {}
        Err(Error::AccessDenied) => return answer(403, "access-denied"),
        Err(error) => return answer(500, format!("{error:?}")),
    }
    match atomic(&operation, &label, &key, &body) {
        Ok(text) => answer(200, text),
        Err(wasi::Error::AccessDenied) => answer(403, "access-denied"),
        Err(error) => answer(500, format!("{error:?}")),
    }
}

/// Nothing for what is none of its operations.
async fn spin(operation: &str, label: &str, key: &str, body: &Bytes) -> Result<Option<Answer>, Error> {
    let store = async || Store::open(label).await;
    Ok(Some(match operation {
        "get" => match store().await?.get(key).await? {
            Some(value) => answer(200, value),
            None => answer(404, "no such key"),
        },
        "set" => {
            store().await?.set(key, body).await?;
            answer(200, "")
        }
        "delete" => {
            store().await?.delete(key).await?;
            answer(200, "")
        }
        "exists" => answer(200, store().await?.exists(key).await?.to_string()),
        // Every key on a line of its own.
        "keys" => answer(200, store().await?.get_keys().await.collect().await?.join("\n")),
        // The first key alone: the rest is left unread.
        "first-key" => answer(200, store().await?.get_keys().await.next().await.unwrap_or_default()),
        // So many keys, set at once, as `{key}{number}`.
        "fill" => {
            let count: usize = String::from_utf8_lossy(body).parse().unwrap_or_default();
            let store = store().await?;
            let sets = (0..count).map(|i| store.set(format!("{key}{i}"), [b'x'; 300]));
            futures::future::join_all(sets).await.into_iter().collect::<Result<(), _>>()?;
            answer(200, "")
        }
        // Reads the key so many times, one after another.
        "read" => {
            let count: usize = String::from_utf8_lossy(body).parse().unwrap_or_default();
            let store = store().await?;
            for _ in 0..count {
                store.get(key).await?;
            }
            answer(200, "")
        }
        _ => return Ok(None),
    }))
}

fn atomic(operation: &str, label: &str, key: &str, body: &Bytes) -> Result<String, wasi::Error> {
    let bucket = wasi::open(label)?;
    match operation {
        "increment" => {
            let delta = String::from_utf8_lossy(body).parse().unwrap_or(1);
            Ok(atomics::increment(&bucket, key, delta)?.to_string())
        }
        // Adds one to a number in text, until nobody was faster.
        "count-by-swaps" => {
            let mut cas = Cas::new(&bucket, key)?;
            loop {
                let number: u64 =
                    String::from_utf8_lossy(&cas.current()?.unwrap_or_default()).parse().unwrap_or(0);
                match atomics::swap(cas, (number + 1).to_string().as_bytes()) {
                    Ok(()) => return Ok((number + 1).to_string()),
                    Err(CasError::CasFailed(newer)) => cas = newer,
                    Err(CasError::StoreError(error)) => return Err(error),
                }
            }
        }
        // Somebody writes between: the swap must fail, and the new handle know better.
        "swap-too-late" => {
            let cas = Cas::new(&bucket, key)?;
            let seen = cas.current()?;
            bucket.set(key, b"newer")?;
            match atomics::swap(cas, b"too late") {
                Ok(()) => Ok("swapped".to_owned()),
                Err(CasError::StoreError(error)) => Err(error),
                Err(CasError::CasFailed(newer)) => {
                    let text = |value: Option<Vec<u8>>| {
                        value.map_or("nothing".to_owned(), |value| {
                            String::from_utf8_lossy(&value).into_owned()
                        })
                    };
                    let (seen, now) = (text(seen), text(newer.current()?));
                    atomics::swap(newer, b"in time")
                        .map_err(|error| wasi::Error::Other(error.to_string()))?;
                    Ok(format!("{seen}, then {now}, then {}", text(bucket.get(key)?)))
                }
            }
        }
        // The whole of `batch`, and `list-keys`: what is there after each step.
        "batches" => {
            let pairs = ["a", "b", "c"].map(|name| (format!("{key}{name}"), name.as_bytes().to_vec()));
            let names: Vec<String> = pairs.iter().map(|(name, _)| name.clone()).collect();
            batch::set_many(&bucket, &pairs)?;
            batch::delete_many(&bucket, &names[1..2])?;
            let mut text = String::new();
            for (name, value) in batch::get_many(&bucket, &names)? {
                let value = value.map(|value| String::from_utf8_lossy(&value).into_owned());
                text.push_str(&format!("{name}={value:?} "));
            }
            let listed = bucket.list_keys(None)?.keys;
            let listed = listed.iter().filter(|name| names.contains(name)).count();
            Ok(format!("{text}listed={listed} exists={}", bucket.exists(&names[0])?))
        }
        _ => Err(wasi::Error::Other("no such operation".to_owned())),
    }
}
