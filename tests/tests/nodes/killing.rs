//! `kill -9` in the middle of the work, again and again: what was acknowledged is there afterwards, and was
//! accounted for.

use journeys::endpoint::{Behaviour, Endpoint};
use journeys::store::Store;

use crate::door::Door;
use crate::load::{assert_told, under_load};
use crate::{Cluster, node};

const ROUNDS: usize = 8;

#[test]
fn nothing_acknowledged_is_lost_with_a_node_on_sqlite() {
    let endpoint = Endpoint::start(Behaviour::Takes);
    let (url, origin) = (endpoint.url(), endpoint.origin());
    let store = Store::sqlite();
    let mut node = node(&store, &[("audit_endpoint", &url), ("audit_origin", &origin)]);
    let door = Door::new(node.address());
    let noted = under_load(&door, std::slice::from_ref(&door), ROUNDS, |_| node.crash_and_restart());
    assert_told(&endpoint, &door, &noted);
}

#[test]
fn nothing_acknowledged_is_lost_with_one_of_two_nodes_on_redis() {
    let endpoint = Endpoint::start(Behaviour::Takes);
    let (url, origin) = (endpoint.url(), endpoint.origin());
    let mut cluster = Cluster::start(&[("audit_endpoint", &url), ("audit_origin", &origin)]);
    let (front, doors) = (cluster.front(), cluster.doors());
    let noted = under_load(&front, &doors, ROUNDS, |round| cluster.nodes[round % 2].crash_and_restart());
    assert_told(&endpoint, &front, &noted);
}

/// The Redis itself, which answers only when what it was told is on the disk (`appendfsync always`).
#[test]
fn nothing_acknowledged_is_lost_with_the_redis() {
    let endpoint = Endpoint::start(Behaviour::Takes);
    let (url, origin) = (endpoint.url(), endpoint.origin());
    let mut cluster = Cluster::start(&[("audit_endpoint", &url), ("audit_origin", &origin)]);
    let (front, doors) = (cluster.front(), cluster.doors());
    let noted = under_load(&front, &doors, 3, |_| {
        cluster.store.as_redis().kill();
        cluster.store.as_redis().restart();
    });
    assert_told(&endpoint, &front, &noted);
}
