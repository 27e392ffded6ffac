//! The application, ready to serve: its routes, and a handler for each component.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use manifest::{Manifest, Router, Values};
use wasmtime::Engine;
use wasmtime::component::{Component, ComponentType, Linker, Lower};
use wasmtime_wasi_http::handler::ProxyHandler;
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::instance::{InstanceMaker, Reuse, State};
use crate::outbound::{self, Outbound};

/// An application whose components are compiled and linked.
pub struct App {
    /// From the manifest.
    pub name: String,
    /// From the manifest.
    pub version: String,
    /// Path to target.
    pub router: Router,
    /// In the manifest's order.
    pub components: Vec<ProxyHandler<InstanceMaker>>,
}

impl App {
    /// Composes, compiles and links what the manifest names; paths are below `base`.
    pub fn load(
        engine: &Engine,
        manifest: &Manifest,
        base: &Path,
        values: &Values,
        reuse: Reuse,
    ) -> anyhow::Result<Self> {
        let linker = linker(engine).map_err(anyhow::Error::from).context("the host's interfaces")?;
        let pool = outbound::pool()?;
        let mut components = Vec::new();
        for component in &manifest.components {
            let id = &component.id;
            let bytes = crate::compose::compose(component, base)?;
            let compiled = Component::new(engine, &bytes)
                .map_err(anyhow::Error::from)
                .with_context(|| format!("component.{id} does not compile"))?;
            let pre = linker
                .instantiate_pre(&compiled)
                .and_then(ServicePre::new)
                .map_err(anyhow::Error::from)
                .with_context(|| {
                    format!(
                        "component.{id} needs an interface that this runtime does not have, or is no \
                             wasi:http/handler@0.3 component (Spin may run it)"
                    )
                })?;
            let name: Arc<str> = id.as_str().into();
            let allowed = component.resolve_hosts(values)?;
            let maker = InstanceMaker {
                pre,
                component: name.clone(),
                outbound: Outbound { allowed: Arc::new(allowed), pool: pool.clone(), component: name },
                variables: Arc::new(component.resolve_variables(values)),
                reuse,
            };
            components.push(ProxyHandler::new(maker));
        }
        Ok(Self {
            name: manifest.name.clone(),
            version: manifest.version.clone().unwrap_or_default(),
            router: manifest.router.clone(),
            components,
        })
    }
}

/// All that a component may import: WASI (without files and sockets, since nothing is opened for it),
/// wasi:http, and Spin's variables.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    linker.instance("spin:variables/variables@3.0.0")?.func_wrap_concurrent(
        "get",
        |accessor, (name,): (String,)| {
            let variables = accessor.with(|mut access| access.get().variables.clone());
            Box::pin(async move {
                let value = variables.get(&name);
                Ok((value.map(str::to_owned).map_err(VariableError::from),))
            })
        },
    )?;
    Ok(linker)
}

/// `spin:variables/variables.error`.
#[derive(ComponentType, Lower, Clone, Debug)]
#[component(variant)]
enum VariableError {
    /// Not a valid name.
    #[component(name = "invalid-name")]
    InvalidName(String),
    /// The manifest gives the component no variable of this name, or it has no value.
    #[component(name = "undefined")]
    Undefined(String),
    /// A provider failed; there is none here that can.
    #[component(name = "provider")]
    #[expect(dead_code, reason = "part of the interface")]
    Provider(String),
    /// Anything else; there is nothing here.
    #[component(name = "other")]
    #[expect(dead_code, reason = "part of the interface")]
    Other(String),
}

impl From<manifest::VariableError> for VariableError {
    fn from(error: manifest::VariableError) -> Self {
        let text = error.to_string();
        match error {
            manifest::VariableError::InvalidName(_) => Self::InvalidName(text),
            manifest::VariableError::Undefined(_) | manifest::VariableError::NoValue(_) => {
                Self::Undefined(text)
            }
        }
    }
}
