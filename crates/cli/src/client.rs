//! Asks a running service over HTTP. TLS trusts the system's roots, redirects are not followed (they would
//! take the password along), and every wait has an end.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::Value;
use ureq::Agent;
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use url::{Host, Url};

use crate::failure::Failure;
use crate::options::ServerOptions;
use crate::output::remark;
use crate::secret;
use crate::terminal::clean;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const ANSWER_TIMEOUT: Duration = Duration::from_secs(60);

/// A page of 200 shares with hundreds of studies each is below this.
const LARGEST_ANSWER: u64 = 64 << 20;

/// The service, and who asks it.
pub struct Client {
    agent: Agent,
    root: Url,
    authorization: Option<String>,
}

/// A good answer.
pub struct Answer {
    /// Its body as it came.
    pub text: String,
    /// What it says; null without a body.
    pub json: Value,
}

impl Client {
    /// Reads the address, and gets the password if there is a user.
    pub fn new(options: &ServerOptions) -> Result<Self, Failure> {
        let root = root(&options.server)?;
        let here = is_loopback(&root);
        let authorization = match &options.user {
            Some(user) => {
                if root.scheme() == "http" && !here {
                    remark("Note: the password goes to the service without encryption; use https.");
                }
                Some(basic(user, &password(options, user)?)?)
            }
            None => None,
        };
        let mut config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .timeout_connect(Some(CONNECT_TIMEOUT))
            .timeout_global(Some(ANSWER_TIMEOUT))
            .user_agent(concat!("orthanc-share/", env!("CARGO_PKG_VERSION")));
        if here {
            // A proxy of the environment does not lead to this machine.
            config = config.proxy(None);
        }
        if root.scheme() == "https" {
            config = config.tls_config(tls());
        }
        Ok(Self { agent: Agent::new_with_config(config.build()), root, authorization })
    }

    /// GET of the path's segments, with these arguments.
    pub fn get(&self, path: &[&str], arguments: &[(&str, String)]) -> Result<Answer, Failure> {
        let mut url = self.url(path);
        if !arguments.is_empty() {
            url.query_pairs_mut().extend_pairs(arguments);
        }
        self.send(Method::GET, url, None)
    }

    /// PUT of a JSON body.
    pub fn put(&self, path: &[&str], body: &Value) -> Result<Answer, Failure> {
        self.send(Method::PUT, self.url(path), Some(body))
    }

    /// DELETE.
    pub fn delete(&self, path: &[&str]) -> Result<Answer, Failure> {
        self.send(Method::DELETE, self.url(path), None)
    }

    /// Scheme, host and port, for messages.
    fn name(&self) -> String {
        self.root.origin().ascii_serialization()
    }

    fn url(&self, path: &[&str]) -> Url {
        let mut url = self.root.clone();
        // The scheme is http(s): there are segments.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty().extend(path);
        }
        url
    }

    fn send(&self, method: Method, url: Url, body: Option<&Value>) -> Result<Answer, Failure> {
        let unanswered = |reason: &dyn std::fmt::Display| Failure::NoAnswer {
            server: self.name(),
            reason: clean(&reason.to_string()),
        };
        let mut request =
            Request::builder().method(method).uri(url.as_str()).header("accept", "application/json");
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        let result = match body {
            Some(body) => {
                let request = request.header("content-type", "application/json").body(body.to_string());
                self.agent.run(request.map_err(|error| unanswered(&error))?)
            }
            None => self.agent.run(request.body(()).map_err(|error| unanswered(&error))?),
        };
        let mut response = result.map_err(|error| unanswered(&error))?;
        let status = response.status().as_u16();
        let read = response.body_mut().with_config().limit(LARGEST_ANSWER).read_to_vec();
        let body = read.map_err(|error| unanswered(&error))?;
        let strange = || Failure::Strange { server: self.name(), status };
        match status {
            204 => Ok(Answer { text: String::new(), json: Value::Null }),
            200 => {
                let text = String::from_utf8(body).map_err(|_| strange())?;
                let json: Value = serde_json::from_str(&text).map_err(|_| strange())?;
                if json.is_object() { Ok(Answer { text, json }) } else { Err(strange()) }
            }
            300..400 => Err(Failure::Server("it answers with a redirect: give the address that it leads to")),
            _ => Err(Failure::of_answer(&self.name(), status, &body)),
        }
    }
}

fn root(text: &str) -> Result<Url, Failure> {
    let url = Url::parse(text)
        .map_err(|_| Failure::Server("expected an address such as https://shares.example.org/"))?;
    if !matches!(url.scheme(), "http" | "https") || !url.has_host() {
        return Err(Failure::Server("expected http:// or https:// and a host"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Failure::Server(
            "no name or password in it: every user of this machine can read arguments",
        ));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(Failure::Server("expected an address without `?` and `#`"));
    }
    Ok(url)
}

fn is_loopback(root: &Url) -> bool {
    match root.host() {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn password(options: &ServerOptions, user: &str) -> Result<String, Failure> {
    const VARIABLE: &str = "ORTHANC_SHARE_PASSWORD";
    if let Some(file) = &options.password_file {
        return secret::from_file(file);
    }
    match secret::from_environment(VARIABLE) {
        Some(password) => Ok(password),
        None => secret::ask("the password", &format!("Password of {}: ", clean(user)), VARIABLE),
    }
}

/// RFC 7617: the first colon ends the name, and control characters are in neither.
fn basic(user: &str, password: &str) -> Result<String, Failure> {
    if user.contains(':') {
        return Err(Failure::User("a name has no colon"));
    }
    if user.chars().chain(password.chars()).any(char::is_control) {
        return Err(Failure::User("neither name nor password has control characters"));
    }
    Ok(format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}"))))
}

/// The system's roots; `SSL_CERT_FILE` and `SSL_CERT_DIR` are honoured. Without any, every connection fails.
fn tls() -> TlsConfig {
    let found = rustls_native_certs::load_native_certs().certs;
    let certificates = found.iter().map(|certificate| Certificate::from_der(certificate).to_owned());
    TlsConfig::builder()
        .root_certs(RootCerts::from(certificates))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    fn client(server: &str) -> Client {
        Client::new(&ServerOptions { server: server.to_owned(), user: None, password_file: None }).unwrap()
    }

    /// A server on loopback that answers one request with this; what it was asked comes back.
    fn answering(answer: &'static str) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/sub", listener.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            let (mut connection, _) = listener.accept().unwrap();
            let mut bytes = [0; 4096];
            let count = connection.read(&mut bytes).unwrap();
            connection.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&bytes[..count]).into_owned()
        });
        (address, asked)
    }

    #[test]
    fn addresses_are_read_or_refused() {
        for good in ["http://127.0.0.1:8000", "https://a.example/share/", "http://[::1]:80"] {
            assert!(root(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "a.example",
            "ftp://a/",
            "http://u:p@a/",
            "http://u@a/",
            "http://a/?x",
            "http://a/#x",
            "unix:/x",
        ] {
            assert!(root(bad).is_err(), "{bad}");
        }
        for (server, expected) in [
            ("http://127.9.9.9/", true),
            ("http://localhost/", true),
            ("http://[::1]/", true),
            ("http://10.0.0.1/", false),
        ] {
            assert_eq!(is_loopback(&root(server).unwrap()), expected, "{server}");
        }
    }

    #[test]
    fn paths_and_arguments_are_encoded() {
        for (server, expected) in [
            ("http://a", "http://a/shares/x%2Fy"),
            ("http://a/b/", "http://a/b/shares/x%2Fy"),
            ("http://a/b", "http://a/b/shares/x%2Fy"),
        ] {
            assert_eq!(client(server).url(&["shares", "x/y"]).as_str(), expected);
        }
        let (server, asked) = answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
        let answer = client(&server).get(&["shares"], &[("id", "a&b ü".to_owned())]).unwrap();
        assert_eq!((answer.text.as_str(), answer.json.is_object()), ("{}", true));
        assert!(asked.join().unwrap().starts_with("GET /sub/shares?id=a%26b+%C3%BC HTTP/1.1\r\n"));
    }

    #[test]
    fn names_and_passwords_are_sent_as_rfc_7617_says() {
        assert_eq!(basic("Aladdin", "open sesame").unwrap(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        for (user, password) in [("a:b", "c"), ("a\n", "c"), ("a", "c\u{7f}")] {
            assert!(matches!(basic(user, password), Err(Failure::User(_))));
        }
    }

    #[test]
    fn only_answers_of_this_service_are_taken() {
        for (answer, expected) in [
            ("HTTP/1.1 204 No Content\r\n\r\n", "good"),
            (
                "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
                "--server: it answers with a redirect",
            ),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]", "answered 200, but not as"),
            ("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<p>hi</p>", "answered 200, but not as"),
            ("HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\n{}", "answered 404, but not as"),
            (
                "HTTP/1.1 409 Conflict\r\nContent-Length: 18\r\n\r\n{\"detail\":\"taken\"}",
                "refused (409): taken",
            ),
            ("nonsense\r\n\r\n", "does not answer"),
        ] {
            let (server, asked) = answering(answer);
            let told = client(&server)
                .delete(&["shares", "x"])
                .map_or_else(|error| error.to_string(), |_| "good".to_owned());
            assert!(told.contains(expected), "{answer}: {told}");
            asked.join().unwrap();
        }
    }
}
