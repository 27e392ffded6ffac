//! One component holds the key: the built files of the others do not even have its name in them, although
//! the manifest must map the variable to each, for the token component that is composed with it.

use std::path::PathBuf;

use journeys::repository;

fn built(component: &str) -> PathBuf {
    repository().join(format!("target/wasm32-wasip2/release/orthanc_share_{component}.wasm"))
}

fn names_the_key(component: &str) -> bool {
    let wasm = std::fs::read(built(component)).expect("a built component: run `cargo xtask build` first");
    let name = b"secret_key";
    wasm.windows(name.len()).any(|bytes| bytes == name)
}

#[test]
fn only_the_token_component_asks_for_the_secret_key() {
    assert!(names_the_key("token"), "this is how the name would look in a component that asks for it");
    for component in ["shares", "validate", "landing", "anonymizer", "ui"] {
        assert!(!names_the_key(component), "{component} reads secret_key");
    }
}
