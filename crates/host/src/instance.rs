//! One instance of a component: the data of its store, how long it lives, how many requests it takes.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use manifest::ComponentVariables;
use tokio::time::Sleep;
use wasmtime::component::ResourceTable;
use wasmtime::{Store, StoreLimits, StoreLimitsBuilder};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::handler::Proxy;
use wasmtime_wasi_http::p3::bindings::ServicePre;
use wasmtime_wasi_http::{WasiHttpCtx, WasiHttpCtxView, WasiHttpView};

use crate::cpu::{self, CpuMeter, Rest};
use crate::outbound::Outbound;
use crate::stdio::LogLines;
use crate::store;

/// What the store of an instance holds.
pub struct State {
    wasi: WasiCtx,
    http: WasiHttpCtx,
    table: ResourceTable,
    outbound: Outbound,
    limits: StoreLimits,
    cpu: CpuMeter,
    stores: Arc<store::Allowed>,
    /// The component's own variables.
    pub variables: Arc<ComponentVariables>,
}

impl State {
    /// What it may keep.
    pub fn stores(&mut self) -> store::Guest<'_> {
        store::Guest { table: &mut self.table, allowed: &self.stores }
    }

    /// A new request begins.
    pub fn restart_cpu(&mut self) {
        self.cpu.restart();
    }
}

impl WasiView for State {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        WasiCtxView { ctx: &mut self.wasi, table: &mut self.table }
    }
}

impl WasiHttpView for State {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        WasiHttpCtxView { hooks: &mut self.outbound, table: &mut self.table, ctx: &mut self.http }
    }
}

/// How instances are used; see the flags of the same names.
#[derive(Clone, Copy)]
pub struct Reuse {
    /// Requests until an instance is dropped.
    pub count: usize,
    /// Requests at once.
    pub concurrent: usize,
    /// Idle time until an instance is dropped.
    pub idle: Duration,
    /// Time until an answer must begin.
    pub request: Duration,
    /// CPU time for one request.
    pub cpu: Duration,
    /// Bytes of linear memory.
    pub memory: usize,
    /// Bytes of header fields, as the guest sees them.
    pub fields: usize,
}

/// Makes the instances of one component.
#[derive(Clone)]
pub struct InstanceMaker {
    /// Linked and compiled.
    pub pre: ServicePre<State>,
    /// Its id in the manifest.
    pub component: Arc<str>,
    /// What it may call.
    pub outbound: Outbound,
    /// Its variables.
    pub variables: Arc<ComponentVariables>,
    /// What it may keep.
    pub stores: Arc<store::Allowed>,
    /// How it is used.
    pub reuse: Reuse,
}

/// An instance, ready to answer.
pub struct Instance {
    /// All that is its own.
    pub store: Store<State>,
    /// What answers.
    pub proxy: Proxy,
    /// Its time.
    pub limit: TimeLimit,
}

impl InstanceMaker {
    /// Makes one. Fails if there is no room for it, or if it does not start.
    pub async fn instantiate(&self) -> wasmtime::Result<Instance> {
        let output = LogLines::output(self.component.clone());
        let error = LogLines::error(self.component.clone());
        let mut http = WasiHttpCtx::new();
        http.set_field_size_limit(self.reuse.fields);
        let cpu = CpuMeter::new(self.reuse.cpu);
        let rest = cpu.rest();
        let state = State {
            wasi: WasiCtx::builder().stdout(output).stderr(error).build(),
            http,
            table: ResourceTable::new(),
            outbound: self.outbound.clone(),
            limits: StoreLimitsBuilder::new().memory_size(self.reuse.memory).build(),
            cpu,
            stores: self.stores.clone(),
            variables: self.variables.clone(),
        };
        let mut store = Store::new(self.pre.engine(), state);
        store.limiter(|state| &mut state.limits);
        cpu::watch(&mut store, |state| &mut state.cpu);
        let proxy = Proxy::P3(self.pre.instantiate_async(&mut store).await?);
        let sleep = Box::pin(tokio::time::sleep(self.reuse.idle));
        Ok(Instance { store, proxy, limit: TimeLimit { reuse: self.reuse, sleep, rest } })
    }
}

/// What an instance has a limit of time for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Limit {
    /// It has nothing to do.
    Idle,
    /// It answers.
    Request,
    /// It has answered, and finishes what it had begun: a body, say.
    Finish,
}

/// Ends an instance that has been idle for long, or whose guest code does not come back.
pub struct TimeLimit {
    reuse: Reuse,
    sleep: Pin<Box<Sleep>>,
    rest: Rest,
}

impl TimeLimit {
    /// Polled whenever the instance has nothing to do right now.
    pub fn poll(&mut self, cx: &mut Context<'_>, what: Limit, since: Instant) -> Poll<()> {
        let limit = match what {
            Limit::Idle => self.reuse.idle,
            Limit::Request | Limit::Finish => self.reuse.request,
        };
        self.rest.begin();
        let deadline = tokio::time::Instant::from_std(since + limit);
        // The deadline moves with each request, a timer costs when it is moved: it is moved when it is late,
        // and when it has gone off too early.
        if self.sleep.deadline() > deadline {
            self.sleep.as_mut().reset(deadline);
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            if self.sleep.deadline() >= deadline {
                return Poll::Ready(());
            }
            self.sleep.as_mut().reset(deadline);
        }
        Poll::Pending
    }
}
