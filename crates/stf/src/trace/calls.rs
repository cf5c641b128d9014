//! The tree of calls, as geth's `callTracer` tells it.

use super::{CallConfig, CallFrame};
use alloy_primitives::U256;
use revm_inspectors::tracing::types::CallTraceNode;

/// The frame of the outermost call with all inside. `revm-inspectors` has the same, in time that grows with the square
/// of the number of calls.
pub(super) fn frame(nodes: &[CallTraceNode], options: CallConfig, gas_used: u64) -> CallFrame {
    let logs = options.with_log.unwrap_or_default();
    let mut frame = subtree(nodes, 0, logs);
    if options.only_top_call.unwrap_or_default() {
        frame.calls.clear();
    }
    frame.gas_used = U256::from(gas_used);
    frame
}

/// As deep as calls can be, which is 1,024.
fn subtree(nodes: &[CallTraceNode], index: usize, logs: bool) -> CallFrame {
    let Some(node) = nodes.get(index) else { return CallFrame::default() };
    // What a call that failed logged, and all that it called, is undone.
    let logs = logs && !node.trace.is_error();
    let mut frame = node.geth_empty_call_frame(logs);
    frame.calls = node.children.iter().map(|child| subtree(nodes, *child, logs)).collect();
    frame.calls.extend(node.geth_selfdestruct_call_trace());
    frame
}
