//! EIP-1283: the price of storage by its net change, in force from Constantinople until Petersburg
//! took it back. No public chain ran on it for long, and revm leaves it out.
//!
//! EIP-2200 brought it back with Istanbul at other prices and with a check of the gas left. So
//! revm's own arithmetic serves, with the prices of this EIP and without that check.

use revm::{
    context_interface::{
        cfg::{GasId, GasParams},
        host::Host,
    },
    interpreter::{InstructionContext, InstructionResult, interpreter_types::*},
};

/// Charged for every write, and all that is charged for one that changes nothing.
const NOOP: u64 = 200;
/// For the first write of a slot that was zero.
const SET: u64 = 20_000;
/// For the first write of a slot that was not zero.
const RESET: u64 = 5_000;
/// Given back for clearing a slot.
const CLEARING_REFUND: u64 = 15_000;

/// Puts the prices of the EIP into a gas table.
pub(crate) fn set_prices(params: &mut GasParams) {
    params.override_gas([
        (GasId::sstore_static(), NOOP),
        (GasId::sstore_set_without_load_cost(), SET.saturating_sub(NOOP)),
        (GasId::sstore_reset_without_cold_load_cost(), RESET.saturating_sub(NOOP)),
        (GasId::sstore_clearing_slot_refund(), CLEARING_REFUND),
        (GasId::sstore_set_refund(), SET.saturating_sub(NOOP)),
        (GasId::sstore_reset_refund(), RESET.saturating_sub(NOOP)),
    ]);
}

/// `SSTORE`, with the prices of [`set_prices`].
pub(crate) fn sstore<W: InterpreterTypes, H: Host + ?Sized>(context: InstructionContext<'_, H, W>) {
    let InstructionContext { interpreter, host } = context;
    if interpreter.runtime_flag.is_static() {
        return interpreter.halt(InstructionResult::StateChangeDuringStaticCall);
    }
    let Some([slot, value]) = interpreter.stack.popn() else {
        return interpreter.halt_underflow();
    };
    if !interpreter.gas.record_regular_cost(host.gas_params().sstore_static_gas()) {
        return interpreter.halt_oog();
    }
    let Some(write) = host.sstore(interpreter.input.target_address(), slot, value) else {
        return interpreter.halt_fatal();
    };
    let params = host.gas_params();
    if !interpreter.gas.record_regular_cost(params.sstore_dynamic_gas(true, &write.data, false)) {
        return interpreter.halt_oog();
    }
    interpreter.gas.record_refund(params.sstore_refund(true, &write.data));
}
