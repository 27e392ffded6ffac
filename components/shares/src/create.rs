//! One share: from the request's body to token and link.

use std::rc::Rc;

use api::shares::{ShareAnswer, ShareRequest};
use api::terms::{Kept, Terms};
use api::tokens::{TokenAnswer, TokenRequest};
use api::{ApiError, Problem};
use edge::request::Request;
use edge::response::{self, Response};
use edge::shares::{Shares, store_failed};
use edge::tokens::{self, Claims, Rejection};
use edge::viewer::NoViewer;
use edge::{clock, meddream};
use links::{Link, Root};
use model::{Method, Moment, Resource, Shape, ShareType};
use registry::{Action, Code, Handle, Share};
use spin_sdk::wasip3::spawn;

use crate::caller::{Caller, Keeper};
use crate::settings::Settings;

/// What fits into a token, of 1 MiB at most, does not need more.
pub const LARGEST_BODY: usize = 2 << 20;

/// How many older shares are looked at when one is made, whether they are to be forgotten.
const SWEPT: usize = 10;

/// `PUT /shares`: a share of studies.
pub async fn share(request: Request, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let content_type = content_type(&request);
    let body = request.read_body(LARGEST_BODY).await?;
    let share = ShareRequest::parse(content_type.as_deref(), &body, clock::now())?;
    let ShareRequest { id, studies, anonymized, share_type, expiration_date, terms } = &share;
    let asked = Asked {
        id,
        shape: Shape::Studies,
        share_type: *share_type,
        resources: studies.clone(),
        anonymized: *anonymized,
        expires: *expiration_date,
        terms,
    };
    let issued = issue(asked, caller).await?;
    let answer = ShareAnswer { request: &share, token: &issued.token, url: issued.url.as_deref() };
    Ok(response::json(answer.to_json_kept(issued.kept())))
}

/// `PUT /tokens/{type}`: a share of resources of any level.
pub async fn token(token_type: &str, request: Request, caller: &Caller<'_>) -> Result<Response, ApiError> {
    let content_type = content_type(&request);
    let body = request.read_body(LARGEST_BODY).await?;
    let token = TokenRequest::parse(token_type, content_type.as_deref(), &body, clock::now())?;
    let TokenRequest { id, resources: _, anonymized, share_type, expiration_date, terms } = &token;
    let asked = Asked {
        id,
        shape: Shape::Resources,
        share_type: *share_type,
        resources: token.shared(),
        anonymized: *anonymized,
        expires: *expiration_date,
        terms,
    };
    let issued = issue(asked, caller).await?;
    let answer = TokenAnswer { request: &token, token: &issued.token, url: issued.url.as_deref() };
    Ok(response::json(answer.to_json_kept(issued.kept())))
}

/// What the request says of the body's type.
pub fn content_type(request: &Request) -> Option<String> {
    request.header("content-type")
}

/// What both requests ask for.
struct Asked<'a> {
    id: &'a Option<String>,
    shape: Shape,
    share_type: ShareType,
    resources: Vec<Resource>,
    anonymized: bool,
    expires: Option<Moment>,
    terms: &'a Terms,
}

struct Issued {
    token: String,
    url: Option<String>,
    /// None where the share is its token alone.
    jti: Option<String>,
    is_short: bool,
}

impl Issued {
    fn kept(&self) -> Option<Kept<'_>> {
        let short_url = self.url.as_deref().filter(|_| self.is_short);
        self.jti.as_deref().map(|jti| Kept { jti, short_url })
    }
}

async fn issue(asked: Asked<'_>, caller: &Caller<'_>) -> Result<Issued, ApiError> {
    let settings = caller.settings;
    if let (ShareType::MeddreamInstantLink, Some(field)) = (asked.share_type, asked.terms.needs_own_token()) {
        let detail =
            format!("'{field}' is not available for '{}': its token is MedDream's", asked.share_type);
        return Err(Problem::bad_request(detail).into());
    }
    let keeper = keeper(&asked, caller)?;
    let handle = short_link(&asked, settings)?;
    let share = share_of(asked, caller, handle.as_ref().map(|(handle, _)| handle)).await?;
    check(&share, settings)?;
    settings.viewers.check_scope(&share)?;

    let kept = keeper.is_some();
    let claims = Claims { registered: kept, ..Claims::from(&share) };
    let token = match (share.share_type, &settings.viewers.roots.meddream_token_service) {
        (ShareType::MeddreamInstantLink, Some(service)) => {
            meddream::fresh_token(service, share.share_type, &share.resources).await?
        }
        _ => sign(&claims).await?,
    };
    // A short link leads to a token of few bytes, however long the list is.
    let link = match handle {
        Some(_) => settings.viewers.share_link(&claims, &sign(&Claims::brief(&share)).await?).await,
        None => settings.viewers.share_link(&claims, &token).await,
    };
    let link = link.map_err(no_link)?;
    if let Some(keeper) = keeper {
        // Nobody has the token before the share is kept.
        let account = keeper.account(Action::Create, &share.jti)?;
        keeper.shares.add(&share, &account).await.map_err(store_failed)?;
        keeper.done(&account);
        sweep(keeper.shares.clone(), settings);
    }
    let short = handle.map(|(_, link)| link);
    let is_short = short.is_some();
    let url = short.or(link).map(String::from);
    Ok(Issued { token, url, jti: kept.then_some(share.jti), is_short })
}

/// Where the share will be kept; none if it is its token alone. That it cannot be what was asked for is 400.
fn keeper<'a>(asked: &Asked<'_>, caller: &'a Caller<'_>) -> Result<Option<&'a Keeper>, Problem> {
    let missing = |field: &str, variable: &str| {
        Problem::bad_request(format!("'{field}' is not available: set the variable {variable}"))
    };
    let terms = asked.terms;
    let Some(keeper) = &caller.keeper else {
        return terms.needs_store().map_or(Ok(None), |field| Err(missing(field, "share_store")));
    };
    if terms.notify == Some(true) && !keeper.notifies() {
        return Err(missing("notify", "notify_endpoint"));
    }
    Ok(Some(keeper).filter(|_| asked.share_type != ShareType::MeddreamInstantLink))
}

/// What stands in the short link, and the link, if one is asked for. A link that only the landing page can
/// open, this one or that of a protected share, needs the landing page of this application: else 400.
fn short_link(asked: &Asked<'_>, settings: &Settings) -> Result<Option<(Handle, Link)>, Problem> {
    let wants_short = asked.terms.short_link == Some(true);
    if !wants_short && !asked.terms.is_protected() {
        return Ok(None);
    }
    let landing = landing_page(settings)?;
    if !wants_short {
        return Ok(None);
    }
    let handle = Handle::from_random(clock::random()?);
    let link = links::short_link(landing, handle.as_str());
    let link = link.map_err(|error| Problem::bad_request(error.to_string()))?;
    Ok(Some((handle, link)))
}

/// The landing page of this application; another one, such as the file of Orthanc Explorer 2, knows no codes.
fn landing_page(settings: &Settings) -> Result<&Root, Problem> {
    let what_to_do = match &settings.viewers.roots.landing {
        Some(landing) if landing.as_str().ends_with('/') => return Ok(landing),
        Some(_) => "public_landing_root must be the address of this application's /welcome/",
        None => "set the variable public_landing_root",
    };
    Err(Problem::bad_request(format!(
        "a share with a password, with max-uses or with a short-link needs the landing page of this \
         application: {what_to_do}"
    )))
}

/// The share's terms as they are kept.
async fn share_of(asked: Asked<'_>, caller: &Caller<'_>, handle: Option<&Handle>) -> Result<Share, ApiError> {
    let terms = asked.terms;
    let jti = clock::new_id()?;
    let code = match &terms.code {
        Some(code) => Some(Code {
            hash: tokens::hash_code(&jti, code.as_str()).await.map_err(not_signed)?,
            attempts: caller.settings.code_attempts,
        }),
        None => None,
    };
    Ok(Share {
        jti,
        id: asked.id.clone(),
        label: terms.label.clone(),
        shape: asked.shape,
        share_type: asked.share_type,
        resources: asked.resources,
        anonymized: asked.anonymized,
        methods: terms.methods.clone().unwrap_or_else(|| vec![Method::Get]),
        download: terms.download.unwrap_or(true),
        created: clock::now(),
        created_by: caller.user.clone(),
        not_before: terms.not_before,
        expires: asked.expires,
        max_uses: terms.max_uses,
        code,
        notify: terms.notify.unwrap_or(false),
        handle: handle.map(Handle::hash),
    })
}

/// Whether a share of these terms could be opened at all: else 400.
pub fn check(share: &Share, settings: &Settings) -> Result<(), Problem> {
    if share.anonymized && !settings.has_anonymized_server {
        let detail = "anonymized shares are not available: set the variable anonymized_server_identifier";
        return Err(Problem::bad_request(detail));
    }
    // Whether there can be a link does not depend on the token: nothing is signed or fetched in vain.
    let link = links::share_link(&settings.viewers.roots, &Claims::from(share).shared(), "");
    link.map(drop).map_err(|error| Problem::bad_request(error.to_string()))
}

fn no_link(error: NoViewer) -> ApiError {
    match error {
        NoViewer::Link(error) => Problem::bad_request(error.to_string()).into(),
        NoViewer::Meddream(problem) => problem.into(),
        // Of the token that was made just now: the configuration changed in between.
        NoViewer::Token(_) => edge::settings::Misconfigured.into(),
    }
}

/// A share's token.
pub async fn sign(share: &Claims) -> Result<String, ApiError> {
    tokens::issue(share).await.map_err(not_signed)
}

fn not_signed(rejection: Rejection) -> ApiError {
    match rejection {
        Rejection::Misconfigured => edge::settings::Misconfigured.into(),
        // What passed the door and makes no token all the same is too much for one.
        _ => Problem::bad_request("the share does not fit into one token: share fewer resources").into(),
    }
}

/// Behind the answer: forgets shares that ended long ago. One that fails is looked at again another time.
fn sweep(shares: Rc<Shares>, settings: &Settings) {
    let retention = i64::try_from(settings.share_retention.as_micros()).unwrap_or(i64::MAX);
    let ended_before = Moment::from_unix_micros(clock::now().unix_micros().saturating_sub(retention));
    spawn(async move {
        let _ = shares.sweep(ended_before, SWEPT).await;
    });
}
