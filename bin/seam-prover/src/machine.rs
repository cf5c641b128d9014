//! [`Guest`]: an ELF, ready to execute in OpenVM's interpreter, without a proof.

use openvm_algebra_transpiler::ModularTranspilerExtension;
use openvm_circuit::{
    arch::{ExecutionError, ExecutorInventoryError, Streams, VmExecutor, instructions::exe::VmExe},
    system::memory::merkle::public_values::extract_public_values,
};
use openvm_ecc_transpiler::EccTranspilerExtension;
use openvm_instructions::{LocalOpcode, SystemOpcode, program::DEFAULT_PC_STEP};
use openvm_keccak256_transpiler::Keccak256TranspilerExtension;
use openvm_rv32im_transpiler::{
    Rv32ITranspilerExtension, Rv32IoTranspilerExtension, Rv32MTranspilerExtension,
};
use openvm_stark_sdk::{
    openvm_stark_backend::p3_field::PrimeCharacteristicRing, p3_baby_bear::BabyBear,
};
use openvm_transpiler::{
    FromElf, elf::Elf, openvm_platform::memory::MEM_SIZE, transpiler::Transpiler,
};
use seam_primitives::B256;

use crate::vm::GuestVmConfig;

/// Bytes that a guest commits to: one hash.
const PUBLIC_VALUES: usize = 32;

/// Why a guest was not loaded or did not end well.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The bytes are not an ELF that the zkVM can run.
    #[error("not a guest: {0}")]
    NotAGuest(String),
    /// The guest looked at its input and refused it. The input is wrong, or incomplete.
    #[error("the guest refused its input (exit code {0})")]
    Refused(u32),
    /// The zkVM could not go on: a fault of the guest, such as memory beyond its end.
    #[error("the zkVM stopped: {0}")]
    Stopped(ExecutionError),
}

impl From<ExecutionError> for GuestError {
    fn from(error: ExecutionError) -> Self {
        match error {
            ExecutionError::FailedWithExitCode(code) => Self::Refused(code),
            other => Self::Stopped(other),
        }
    }
}

impl From<ExecutorInventoryError> for GuestError {
    fn from(error: ExecutorInventoryError) -> Self {
        Self::NotAGuest(error.to_string())
    }
}

/// A guest program: RV32IM with the instructions of OpenVM for input, output, Keccak and secp256k1.
pub struct Guest {
    exe: VmExe<BabyBear>,
    executor: VmExecutor<BabyBear, GuestVmConfig>,
}

impl std::fmt::Debug for Guest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let instructions = self.exe.program.num_defined_instructions();
        f.debug_struct("Guest").field("instructions", &instructions).finish_non_exhaustive()
    }
}

impl Guest {
    /// Reads an ELF as `cargo xtask guest` writes it.
    pub fn from_elf(bytes: &[u8]) -> Result<Self, GuestError> {
        let memory =
            u32::try_from(MEM_SIZE).map_err(|error| GuestError::NotAGuest(error.to_string()))?;
        let elf =
            Elf::decode(bytes, memory).map_err(|error| GuestError::NotAGuest(error.to_string()))?;
        let transpiler = Transpiler::default()
            .with_extension(Rv32ITranspilerExtension)
            .with_extension(Rv32MTranspilerExtension)
            .with_extension(Rv32IoTranspilerExtension)
            .with_extension(Keccak256TranspilerExtension)
            .with_extension(ModularTranspilerExtension)
            .with_extension(EccTranspilerExtension);
        let exe = VmExe::from_elf(elf, transpiler)
            .map_err(|error| GuestError::NotAGuest(error.to_string()))?;
        Ok(Self { exe, executor: VmExecutor::new(GuestVmConfig::default())? })
    }

    /// Executes to the end and returns what the guest committed to.
    pub fn execute(&self, input: &[u8]) -> Result<B256, GuestError> {
        let interpreter = self.executor.instance(&self.exe).map_err(ExecutionError::from)?;
        let end = interpreter.execute(streams(input), None)?;
        Ok(committed(&extract_public_values(PUBLIC_VALUES, &end.memory.memory)))
    }

    /// As [`Guest::execute`], and calls `see` with the address of every instruction before it is
    /// executed. About ten times slower.
    pub fn trace(&self, input: &[u8], mut see: impl FnMut(u32)) -> Result<B256, GuestError> {
        let interpreter = self.executor.instance(&self.exe).map_err(ExecutionError::from)?;
        let mut state = interpreter.create_initial_vm_state(streams(input));
        loop {
            let pc = state.pc();
            see(pc);
            state = interpreter.execute_from_state(state, Some(1))?;
            if self.terminates(pc) {
                return Ok(committed(&extract_public_values(PUBLIC_VALUES, &state.memory.memory)));
            }
        }
    }

    fn terminates(&self, pc: u32) -> bool {
        let program = &self.exe.program;
        let index = pc.checked_sub(program.pc_base).map(|offset| offset / DEFAULT_PC_STEP);
        index
            .and_then(|index| program.get_instruction_and_debug_info(usize::try_from(index).ok()?))
            .is_some_and(|(instruction, _)| {
                instruction.opcode == SystemOpcode::TERMINATE.global_opcode()
            })
    }
}

/// The input stream of one item.
fn streams(input: &[u8]) -> Streams<BabyBear> {
    Streams::new(vec![input.iter().map(|byte| BabyBear::from_u8(*byte)).collect::<Vec<_>>()])
}

fn committed(public_values: &[u8]) -> B256 {
    B256::right_padding_from(public_values)
}
