//! Tokens as any other service with the same key would make and read them (HS256, compact JWS).

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;

/// Signs the claims with the key.
pub fn sign(key: &str, claims: &Value) -> String {
    sign_with_header(key, &serde_json::json!({"typ": "JWT", "alg": "HS256"}), claims)
}

/// Signs with HMAC-SHA256 whatever the header says.
pub fn sign_with_header(key: &str, header: &Value, claims: &Value) -> String {
    let signed = format!("{}.{}", encode(header.to_string()), encode(claims.to_string()));
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes any key");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", encode(mac.finalize().into_bytes()))
}

/// Whether it is a compact JWE with `dir` and A256GCM, which holds its claims for this service only.
pub fn is_encrypted(token: &str) -> bool {
    let parts: Vec<_> = token.split('.').collect();
    parts.len() == 5 && parts[0] == encode(r#"{"alg":"dir","enc":"A256GCM"}"#) && parts[1].is_empty()
}

/// The claims of a signed token, unverified.
pub fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).expect("a token has three parts");
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).expect("base64url")).expect("JSON claims")
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
