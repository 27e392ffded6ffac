//! Composes a component with its dependencies into one, as Spin does: each import that a dependency's
//! name matches is satisfied by the export of the same name (or by the one that `export` names).

use std::path::Path;

use anyhow::{Context, bail};
use manifest::{Component, Inherit};
use wac_graph::types::Package;
use wac_graph::{CompositionGraph, EncodeOptions};

/// Interfaces through which a dependency could reach outside: without `inherit_configuration` it may
/// have none of them.
const CAPABILITIES: &[&str] =
    &["spin:", "fermyon:", "wasi:http/", "wasi:sockets/", "wasi:keyvalue", "wasi:config"];

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
        if dependency.inherit != Inherit::All {
            refuse_capabilities(&graph, provider.ty(), &key)?;
        }
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
    graph.encode(EncodeOptions::default()).with_context(|| format!("component.{id}: cannot be composed"))
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| {
        format!("cannot read {}: is the application built? (cargo xtask build)", path.display())
    })
}

fn refuse_capabilities(
    graph: &CompositionGraph,
    world: wac_graph::types::WorldId,
    key: &str,
) -> anyhow::Result<()> {
    let mut imports = graph.types()[world].imports.keys();
    match imports.find(|import| CAPABILITIES.iter().any(|capability| import.starts_with(capability))) {
        Some(import) => bail!(
            "{key}: the dependency imports {import}, which this runtime gives only with \
             inherit_configuration = true (use Spin for finer grants)"
        ),
        None => Ok(()),
    }
}
