//! `orthanc-share health`: the check of a container that has no other program in it.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::time::Duration;

use anyhow::{Context, ensure};

/// For connecting, and for each step of the answer.
const TIME_LIMIT: Duration = Duration::from_secs(3);

/// Asks `/.well-known/spin/health`; an address that means "everywhere" is asked on this machine.
pub fn check(listen: SocketAddr) -> anyhow::Result<()> {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    let address = SocketAddr::new(ip, listen.port());
    let mut stream = TcpStream::connect_timeout(&address, TIME_LIMIT)
        .with_context(|| format!("nothing listens on {address}"))?;
    stream.set_read_timeout(Some(TIME_LIMIT))?;
    stream.set_write_timeout(Some(TIME_LIMIT))?;
    write!(stream, "GET /.well-known/spin/health HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = [0; 12];
    stream.read_exact(&mut answer).with_context(|| format!("{address} does not answer"))?;
    ensure!(answer == *b"HTTP/1.1 200", "{address} answers, but not as healthy");
    Ok(())
}
