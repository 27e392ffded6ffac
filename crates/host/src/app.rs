//! The application, ready to serve: its routes, and a handler for each component.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::Context;
use manifest::{Manifest, Router, Target};
use rayon::prelude::{IntoParallelRefIterator, ParallelIterator};
use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{ComponentType, Linker, Lower};
use wasmtime_wasi_http::p3::bindings::ServicePre;

use crate::compiled::{Compiled, Prepared};
use crate::files;
use crate::instance::{InstanceMaker, Reuse, State};
use crate::memory;
use crate::outbound::{Outbound, Pool};
use crate::shard;
use crate::store::{self, Stores};
use crate::variables::{self, Resolved};
use crate::workers::Workers;

/// An application whose components are compiled and linked.
pub struct App {
    /// As it was read.
    pub manifest: Manifest,
    /// Path to target.
    pub router: Router,
    /// In the manifest's order.
    pub components: Vec<Loaded>,
    /// What values of variables were read from.
    value_files: BTreeSet<PathBuf>,
}

/// Digits that tell builds apart.
const BUILD: usize = 12;

/// A component, ready to serve.
pub struct Loaded {
    /// Which build of it this is: the first [`BUILD`] digits of the SHA-256 of what was composed, in hexadecimal.
    pub build: String,
    /// Its instances, of each shard.
    workers: Vec<Workers>,
}

impl Loaded {
    /// Its instances on the shard of this thread.
    pub fn workers(&self) -> &Workers {
        &self.workers[shard::index()]
    }
}

/// Makes applications from the manifest, at start and whenever it or a component is replaced.
pub struct Loader {
    /// Runs them.
    pub engine: Engine,
    /// Those that were compiled before.
    pub compiled: Compiled,
    /// Where the manifest is; components are beside it.
    pub path: PathBuf,
    /// `--variable`
    pub given: Vec<(String, String)>,
    /// How instances are used.
    pub reuse: Reuse,
    /// What all components call out with.
    pub pool: Pool,
    /// What they keep; opened once, however often they are replaced.
    pub stores: Stores,
}

/// What was read for an application.
struct Read {
    manifest: Manifest,
    resolved: Resolved,
    /// Of each component, with its build.
    prepared: Vec<(Prepared, String)>,
}

impl Loader {
    /// Composes, compiles and links what the manifest names now, and makes an instance of each component to
    /// see that it can be. `before` is what it is to replace. The second value is what to warn about.
    pub async fn load(&self, before: Option<&App>) -> anyhow::Result<(App, Vec<String>)> {
        let linker = linker(&self.engine).map_err(anyhow::Error::from).context("the host's interfaces")?;
        // It may take seconds, or for ever where a file system hangs: requests go on being answered meanwhile, and
        // signals are heard.
        let read = tokio::task::block_in_place(|| self.read(before));
        memory::give_back();
        let Read { manifest, resolved, prepared } = read?;
        let mut components = Vec::new();
        for (component, prepared) in manifest.components.iter().zip(prepared) {
            components.push(self.component(component, prepared, &linker, &resolved.values)?);
        }
        for (component, loaded) in manifest.components.iter().zip(&components) {
            let tried = loaded.workers().try_out().await;
            tried
                .map_err(anyhow::Error::from)
                .with_context(|| format!("component.{} does not start", component.id))?;
        }
        let mut warnings: Vec<String> = manifest.warnings.iter().map(ToString::to_string).collect();
        warnings.extend(resolved.warnings);
        let router = manifest.router.clone();
        Ok((App { router, manifest, components, value_files: resolved.files }, warnings))
    }

    /// The manifest as it is now.
    pub fn manifest(&self) -> anyhow::Result<Manifest> {
        let path = self.path.display();
        let text = files::text(&self.path).with_context(|| format!("cannot read the manifest {path}"))?;
        Manifest::parse(&text).with_context(|| format!("the manifest {path}"))
    }

    /// All that is in files: the manifest, values of variables, components.
    fn read(&self, before: Option<&App>) -> anyhow::Result<Read> {
        self.compiled.check()?;
        let manifest = self.manifest()?;
        let files_before = before.map(|app| app.value_files.clone()).unwrap_or_default();
        let resolved = variables::resolve(&manifest, &self.given, &files_before)?;
        let prepared = side_by_side(&manifest.components, |component| self.prepare(component))?;
        Ok(Read { manifest, resolved, prepared })
    }

    /// Composes and compiles it. The second value is its build.
    fn prepare(&self, component: &manifest::Component) -> anyhow::Result<(Prepared, String)> {
        let wasm = crate::compose::compose(component, self.base())?;
        let mut digest: String = Sha256::digest(&wasm).iter().map(|byte| format!("{byte:02x}")).collect();
        let prepared = self.compiled.prepare(&self.engine, &wasm, &digest);
        let prepared = prepared.with_context(|| format!("component.{} does not compile", component.id))?;
        digest.truncate(BUILD);
        Ok((prepared, digest))
    }

    /// Loads and links it.
    fn component(
        &self,
        component: &manifest::Component,
        (prepared, build): (Prepared, String),
        linker: &Linker<State>,
        values: &manifest::Values,
    ) -> anyhow::Result<Loaded> {
        let id = &component.id;
        let compiled = prepared.load(&self.engine).with_context(|| format!("component.{id}"))?;
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
        let maker = InstanceMaker {
            pre,
            component: name.clone(),
            outbound: Outbound {
                allowed: Arc::new(component.resolve_hosts(values)?),
                pool: self.pool.clone(),
                component: name,
            },
            variables: Arc::new(component.resolve_variables(values)),
            stores: Arc::new(self.stores.allowed(component)?),
            reuse: self.reuse,
        };
        Ok(Loaded { build, workers: vec![maker; shard::count()].into_iter().map(Workers::new).collect() })
    }

    /// Every file that an application of this manifest is made from, and the manifest's own.
    pub fn files(&self, manifest: &Manifest) -> BTreeSet<PathBuf> {
        let components = manifest.components.iter().flat_map(|component| {
            let dependencies = component.dependencies.iter().map(|dependency| dependency.path.as_str());
            std::iter::once(component.source.as_str()).chain(dependencies)
        });
        let components = components.map(|file| self.base().join(file));
        components.chain([self.path.clone()]).chain(variables::files(manifest)).collect()
    }

    /// The folder that the manifest's paths are below.
    pub fn base(&self) -> &std::path::Path {
        self.path.parent().unwrap_or(std::path::Path::new(""))
    }
}

impl App {
    /// Which build of which component answers which route: (route, component, build).
    pub fn routes(&self) -> impl Iterator<Item = (&str, String, Option<&str>)> {
        self.router.routes().map(|(route, target)| {
            let build = match target {
                Target::Component { index, .. } => Some(self.components[*index].build.as_str()),
                Target::Static(_) => None,
            };
            (route, target.to_string(), build)
        })
    }

    /// Whether a component may open the store of this label.
    pub fn uses_store(&self, label: &str) -> bool {
        let mut labels = self.manifest.components.iter().flat_map(|component| &component.key_value_stores);
        labels.any(|other| other == label)
    }
}

/// Does it for each, as many at a time as there are cores; the results in the same order, or the first error. The
/// threads, which wasmtime's compiler uses too, are gone afterwards, and what they held of memory is free.
fn side_by_side<T: Sync, R: Send>(
    all: &[T],
    each: impl Fn(&T) -> anyhow::Result<R> + Sync,
) -> anyhow::Result<Vec<R>> {
    let mut threads = Vec::new();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(shard::count()).spawn_handler(|thread| {
        threads.push(std::thread::Builder::new().spawn(|| thread.run())?);
        Ok(())
    });
    let pool = pool.build().context("threads to compile with")?;
    let results = pool.install(|| all.par_iter().map(&each).collect());
    drop(pool);
    // rayon does not wait for them. A panic in one was passed on by `install`.
    threads.into_iter().for_each(|thread| drop(thread.join()));
    results
}

/// All that a component may import: WASI (without files and sockets, since nothing is opened for it),
/// wasi:http, Spin's variables, and the stores.
fn linker(engine: &Engine) -> wasmtime::Result<Linker<State>> {
    let mut linker = Linker::<State>::new(engine);
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi::p3::add_to_linker(&mut linker)?;
    wasmtime_wasi_http::p3::add_to_linker(&mut linker)?;
    store::add_to_linker(&mut linker, State::stores)?;
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
