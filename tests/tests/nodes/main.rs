//! Shares that several processes work on: two nodes on one Redis behind nginx, and nodes and stores that
//! end in the middle of their work. What was answered holds, on every node and after every end.

mod away;
mod balancer;
mod door;
mod killing;
mod load;
mod together;

use balancer::Balancer;
use door::Door;
use journeys::App;
use journeys::store::Store;

/// Two nodes on one Redis, and nginx that sends each request to the next one.
pub struct Cluster {
    pub nodes: [App; 2],
    pub store: Store,
    balancer: Balancer,
}

impl Cluster {
    /// With the standard variables, changed by these.
    pub fn start(changes: &[(&str, &str)]) -> Self {
        let store = Store::redis();
        let nodes = [(), ()].map(|()| node(&store, changes));
        let balancer = Balancer::start(&nodes.each_ref().map(App::address));
        Self { nodes, store, balancer }
    }

    /// Each node's own door.
    pub fn doors(&self) -> [Door; 2] {
        self.nodes.each_ref().map(|node| Door::new(node.address()))
    }

    /// The door through nginx.
    pub fn front(&self) -> Door {
        Door::new(self.balancer.address())
    }
}

/// An application that keeps its shares there.
pub fn node(store: &Store, changes: &[(&str, &str)]) -> App {
    let variables = [&[("share_store", "default")], changes].concat();
    let arguments = store.arguments();
    App::start_with(&variables, &arguments.iter().map(String::as_str).collect::<Vec<_>>())
}
