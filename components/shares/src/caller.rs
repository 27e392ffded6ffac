//! Who asks, and what there is to ask.

use std::rc::Rc;

use api::{ApiError, Problem};
use edge::audit::{self, Audit, Happened};
use edge::request::Request;
use edge::shares::{Shares, store_failed};
use registry::{Account, Action};

use crate::settings::Settings;

/// A caller who was let in.
pub struct Caller<'a> {
    /// The user whose password it is, where users are configured.
    pub user: Option<String>,
    /// How the component is configured.
    pub settings: &'a Settings,
    /// None where shares are their tokens alone.
    pub keeper: Option<Keeper>,
}

/// The shares that are kept, and the account of what is done to them.
pub struct Keeper {
    /// The shares.
    pub shares: Rc<Shares>,
    audit: Rc<Audit>,
    who: audit::Caller,
}

impl<'a> Caller<'a> {
    /// Lets the caller in, or fails with 401. Then opens the store, if there is one: 503.
    pub async fn of(request: &Request, settings: &'a Settings) -> Result<Self, ApiError> {
        let headers = request.headers();
        let authorization = headers.get("authorization");
        let user = settings.users.as_ref().map(|users| users.check(authorization.as_deref())).transpose()?;
        let keeper = match edge::shares::registry().await? {
            None => None,
            Some(shares) => {
                let audit = Audit::load().await?;
                let who = audit.caller(headers, user);
                Some(Keeper { shares, audit, who })
            }
        };
        Ok(Self { user: user.map(str::to_owned), settings, keeper })
    }

    /// The shares that are kept, on a route that exists only with them.
    pub fn keeper(&self) -> Result<&Keeper, Problem> {
        self.keeper.as_ref().ok_or_else(Problem::not_found)
    }
}

impl Keeper {
    /// Whether somebody can be told that a share was opened.
    pub fn notifies(&self) -> bool {
        self.audit.notifies()
    }

    /// What the caller does to a share, to be kept in one step with it.
    pub fn account(&self, action: Action, jti: &str) -> Result<Account, Problem> {
        let happened = Happened { jti: Some(jti), is_kept: true, action, refused: None, resource: None };
        self.audit.account(&self.who, &happened, false).map_err(store_failed)
    }

    /// It is done, and kept.
    pub fn done(&self, account: &Account) {
        self.audit.log(account);
        self.audit.clone().send_later(self.shares.clone());
    }
}

/// 404: the store knows no such share.
pub fn unknown() -> ApiError {
    Problem::new(404, "there is no such share").into()
}
