//! What a trace is asked for: geth's `TraceConfig` and `TraceCallConfig`.

use crate::rpc::{error::Failure, params::Argument};
use alloy_rpc_types_eth::{BlockOverrides, state::StateOverride};
use seam_stf::trace::{
    CallConfig, FlatCallConfig, GethDefaultTracingOptions, PrestateMode, PrestateOptions, Tracer,
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::time::Duration;

/// geth's `defaultTraceTimeout`.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);

/// How something is traced.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Options {
    pub(crate) tracer: Tracer,
    pub(crate) timeout: Duration,
}

/// The same, and what is other than it is on the chain.
#[derive(Debug, Clone)]
pub(crate) struct CallOptions {
    pub(crate) options: Options,
    pub(crate) state: StateOverride,
    pub(crate) block: Option<BlockOverrides>,
    /// How many of the block's transactions come before the call, if it is inside the block.
    pub(crate) index: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Prestate {
    diff_mode: bool,
    disable_code: bool,
    disable_storage: bool,
    include_empty: bool,
}

impl Default for Options {
    fn default() -> Self {
        let tracer = Tracer::Steps(GethDefaultTracingOptions::default());
        Self { tracer, timeout: DEFAULT_TIMEOUT }
    }
}

impl Argument for Options {
    fn from_value(value: &Value) -> Result<Self, String> {
        let members = value.as_object().ok_or_else(|| "not an object".to_owned())?;
        let text = |name| match present(members, name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(format!("{name} is not a string")),
        };
        let timeout = text("timeout")?.map_or(Ok(DEFAULT_TIMEOUT), duration)?;
        let nothing = Value::Null;
        let config = present(members, "tracerConfig").unwrap_or(&nothing);
        let tracer = match text("tracer")?.filter(|name| !name.is_empty()) {
            None => Tracer::Steps(read(value)?),
            Some(name) => tracer(name, config)?,
        };
        Ok(Self { tracer, timeout })
    }
}

impl Argument for CallOptions {
    fn from_value(value: &Value) -> Result<Self, String> {
        let options = Options::from_value(value)?;
        let members = value.as_object().ok_or_else(|| "not an object".to_owned())?;
        let index = present(members, "txIndex").map(crate::rpc::params::Number::from_value);
        Ok(Self {
            options,
            state: present(members, "stateOverrides").map(read).transpose()?.unwrap_or_default(),
            block: present(members, "blockOverrides").map(read).transpose()?,
            index: index.transpose()?.map(|number| number.0),
        })
    }
}

impl Default for CallOptions {
    fn default() -> Self {
        let (options, state) = (Options::default(), StateOverride::default());
        Self { options, state, block: None, index: None }
    }
}

fn present<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.get(name).filter(|value| !value.is_null())
}

fn read<T: DeserializeOwned>(value: &Value) -> Result<T, String> {
    T::deserialize(value).map_err(|error| error.to_string())
}

fn configured<T: DeserializeOwned + Default>(value: &Value) -> Result<T, String> {
    if value.is_null() { Ok(T::default()) } else { read(value) }
}

fn tracer(name: &str, config: &Value) -> Result<Tracer, String> {
    Ok(match name {
        "callTracer" => Tracer::Calls(configured::<CallConfig>(config)?),
        "flatCallTracer" => Tracer::FlatCalls(configured::<FlatCallConfig>(config)?),
        "prestateTracer" => Tracer::Prestate(prestate(config)?),
        "4byteTracer" => Tracer::Selectors,
        "noopTracer" => Tracer::Nothing,
        "muxTracer" => Tracer::Many(many(config)?),
        other if other.contains(['{', '(', ';']) => {
            return Err("tracers in JavaScript are not supported".to_owned());
        }
        other => return Err(format!("there is no tracer {other:?}: {TRACERS}")),
    })
}

const TRACERS: &str = "choose callTracer, flatCallTracer, prestateTracer, 4byteTracer, noopTracer, \
                       muxTracer, or none for the steps";

fn prestate(config: &Value) -> Result<PrestateOptions, String> {
    let Prestate { diff_mode, disable_code, disable_storage, include_empty } = configured(config)?;
    let mode = if diff_mode { PrestateMode::Difference } else { PrestateMode::Before };
    Ok(PrestateOptions { mode, disable_code, disable_storage, include_empty })
}

/// The tracers of `muxTracer`, of which none can be another mux.
fn many(config: &Value) -> Result<Vec<(String, Tracer)>, String> {
    let Some(members) = config.as_object() else {
        return Err("muxTracer needs a tracerConfig that names tracers".to_owned());
    };
    let one = |(name, config): (&String, &Value)| match name.as_str() {
        "muxTracer" => Err("muxTracer cannot be inside itself".to_owned()),
        name => Ok((name.to_owned(), tracer(name, config)?)),
    };
    members.iter().map(one).collect()
}

/// A duration as Go writes it, such as `300ms` or `1m30s`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("invalid duration {text:?}");
    let mut rest = text;
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit()).unwrap_or(after.len());
        let (unit, after) = after.split_at(end);
        let seconds = match unit {
            "h" => 3_600.0,
            "m" => 60.0,
            "s" => 1.0,
            "ms" => 1e-3,
            "us" | "µs" => 1e-6,
            "ns" => 1e-9,
            _ => return Err(wrong()),
        };
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        total = total.saturating_add(part);
        rest = after;
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total) }
}

impl Options {
    /// Of the parameter at `index`.
    pub(crate) fn of(args: &crate::rpc::params::Args, index: usize) -> Result<Self, Failure> {
        Ok(args.optional(index)?.unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn parse(value: Value) -> Result<Options, String> {
        Options::from_value(&value)
    }

    #[test]
    fn without_a_tracer_steps_are_told_as_the_options_say() {
        assert_eq!(parse(json!({})).unwrap(), Options::default());
        let options = parse(json!({ "enableMemory": true, "limit": 9, "tracer": "" })).unwrap();
        let Tracer::Steps(steps) = options.tracer else { panic!("{options:?}") };
        assert!(steps.is_memory_enabled() && steps.is_stack_enabled());
        assert_eq!(steps.limit, Some(9));
    }

    #[test]
    fn tracers_are_known_by_their_names() {
        let one = |name: &str, config: Value| {
            parse(json!({ "tracer": name, "tracerConfig": config })).map(|options| options.tracer)
        };
        let config = json!({ "diffMode": true, "disableCode": true });
        let prestate = PrestateOptions {
            mode: PrestateMode::Difference,
            disable_code: true,
            ..PrestateOptions::default()
        };
        assert_eq!(one("prestateTracer", config), Ok(Tracer::Prestate(prestate)));
        assert_eq!(one("4byteTracer", Value::Null), Ok(Tracer::Selectors));
        let mux = json!({ "noopTracer": null, "callTracer": { "withLog": true } });
        let Ok(Tracer::Many(both)) = one("muxTracer", mux) else { panic!() };
        assert_eq!(both.len(), 2);
        assert!(one("muxTracer", json!({ "muxTracer": {} })).unwrap_err().contains("itself"));
        assert!(one("muxTracer", Value::Null).is_err());
        assert!(one("opcodeTracer", Value::Null).unwrap_err().contains("there is no tracer"));
        let script = "{ step: function() {}, result: function() { return 1 } }";
        assert!(one(script, Value::Null).unwrap_err().contains("JavaScript"));
        assert!(parse(json!({ "tracer": 7 })).is_err());
    }

    #[test]
    fn durations_are_those_of_go() {
        assert_eq!(duration("300ms"), Ok(Duration::from_millis(300)));
        assert_eq!(duration("1m1.5s"), Ok(Duration::from_millis(61_500)));
        for wrong in ["", "5", "s", "5x", "-1s", "1e9s", ".s", "99999999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
