//! The account of what happens. An event is kept in one step with what it is about, so that a node that ends
//! leaves neither without the other: nothing is done that nobody is told of.

use crate::{Destination, Event, Message, Registry, Store, StoreError, keys};

/// An event, and where it is to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// What happened.
    pub event: Event,
    /// Whether it becomes part of its share's history: the store knows the share.
    pub is_kept: bool,
    /// Where it is sent.
    pub to: Vec<Destination>,
}

impl<S: Store> Registry<S> {
    /// Keeps an event by itself.
    pub async fn record(&self, account: &Account) -> Result<(), StoreError> {
        self.keep(vec![], account).await
    }

    /// Sets all of these together with the account of it, or nothing.
    pub(crate) async fn keep(
        &self,
        mut values: Vec<(String, Vec<u8>)>,
        account: &Account,
    ) -> Result<(), StoreError> {
        let event = &account.event;
        // A number that is taken and never used is passed over by whoever reads.
        if let Some(jti) = event.jti.as_deref().filter(|_| account.is_kept) {
            let n = self.store().increment(&keys::history(jti), 1).await?;
            values.push((keys::history_entry(jti, n), event.to_json().into_bytes()));
        }
        let mut sending = Vec::new();
        for &to in &account.to {
            let n = self.outbox_number(to).await?;
            let message = Message { to, event: event.clone() }.to_json();
            values.push((keys::queue_entry(to.queue(), n), message.clone()));
            sending.push((to, n, message));
        }
        if !values.is_empty() {
            self.store().set(values).await?;
        }
        for (to, n, message) in sending {
            self.not_passed(to, n, message).await?;
        }
        Ok(())
    }
}
