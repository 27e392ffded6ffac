//! Composes a component with its dependencies into one, as Spin does: each import that a dependency's
//! name matches is satisfied by the export of the same name (or by the one that `export` names).

use std::path::Path;

use anyhow::{Context, bail};
use manifest::{Capability, Component, Inherit};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};

use crate::files;

/// Interfaces through which a dependency could reach outside, and what its parent must let it inherit for them;
/// nothing but everything, for those that are not named by themselves. The first that matches counts.
const CAPABILITIES: &[(&str, Option<Capability>)] = &[
    ("spin:key-value/", Some(Capability::KeyValueStores)),
    ("wasi:keyvalue", Some(Capability::KeyValueStores)),
    ("spin:variables/", Some(Capability::Variables)),
    ("wasi:http/", Some(Capability::AllowedOutboundHosts)),
    ("spin:", None),
    ("fermyon:", None),
    ("wasi:sockets/", None),
    ("wasi:config", None),
];

/// The component's bytes with its dependencies composed in. Paths are below `base`.
pub fn compose(component: &Component, base: &Path) -> anyhow::Result<Vec<u8>> {
    let (id, dependencies) = (&component.id, &component.dependencies);
    let bytes = read(&base.join(&component.source)).with_context(|| format!("component.{id}.source"))?;
    if dependencies.is_empty() {
        return Ok(bytes);
    }
    let mut graph = CompositionGraph::new();
    let package = Package::from_bytes(id, None, bytes, graph.types_mut())?;
    let world = package.ty();
    let package = graph.register_package(package)?;
    let root = graph.instantiate(package);
    let imports: Vec<String> = graph.types()[world].imports.keys().cloned().collect();

    for dependency in dependencies {
        let key = format!("component.{id}.dependencies.\"{}\"", dependency.name);
        let provider = read(&base.join(&dependency.path)).with_context(|| key.clone())?;
        let provider =
            Package::from_bytes(&key, None, provider, graph.types_mut()).with_context(|| key.clone())?;
        refuse_capabilities(&graph, provider.ty(), &dependency.inherit, &key)?;
        let provider = graph.register_package(provider)?;
        let provider = graph.instantiate(provider);
        let matched: Vec<&String> =
            imports.iter().filter(|import| dependency.name.stands_for(import)).collect();
        if matched.is_empty() {
            bail!("{key}: the component imports nothing of this name; it imports {}", imports.join(", "));
        }
        for import in matched {
            let export = dependency.export.as_deref().unwrap_or(import);
            let export = graph
                .alias_instance_export(provider, export)
                .with_context(|| format!("{key}: the dependency has no export {export}"))?;
            graph.set_instantiation_argument(root, import, export).with_context(|| key.clone())?;
        }
    }

    let exports: Vec<String> = graph.types()[world].exports.keys().cloned().collect();
    for name in exports {
        let export = graph.alias_instance_export(root, &name)?;
        graph.export(export, &name)?;
    }
    // wasmtime validates what it compiles, and what it has compiled before has the same bytes.
    let options = EncodeOptions { validate: false, ..EncodeOptions::default() };
    graph.encode(options).with_context(|| format!("component.{id}: cannot be composed"))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    files::read(path).with_context(|| {
        format!("cannot read {}: is the application built? (cargo xtask build)", path.display())
    })
}

/// Spin gives such a dependency an interface that refuses every call; here it is told before it starts.
fn refuse_capabilities(
    graph: &CompositionGraph,
    world: wac_graph::types::WorldId,
    inherit: &Inherit,
    key: &str,
) -> anyhow::Result<()> {
    for import in graph.types()[world].imports.keys() {
        let capability = CAPABILITIES.iter().find(|(prefix, _)| import.starts_with(prefix));
        let inherits = match capability {
            None => true,
            Some((_, Some(capability))) => inherit.allows(*capability),
            Some((_, None)) => *inherit == Inherit::All,
        };
        if !inherits {
            bail!(
                "{key}: the dependency imports {import}, which its inherit_configuration does not give it \
                 (true gives it what its parent has)"
            );
        }
    }
    Ok(())
}
