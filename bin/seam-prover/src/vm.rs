//! The zkVM that the guest is written for: which instructions it has beside RV32IM.

use openvm_circuit::arch::{InitFileGenerator, SystemConfig};
use openvm_circuit_derive::VmConfig;
use openvm_ecc_circuit::{Rv32WeierstrassConfig, Rv32WeierstrassConfigExecutor, SECP256K1_CONFIG};
use openvm_keccak256_circuit::{Keccak256, Keccak256Executor};
use serde::{Deserialize, Serialize};

/// RV32IM, input and output, secp256k1 and Keccak-256. `guest/src/secp256k1.rs` numbers its moduli
/// and its curve in the order of this configuration.
#[derive(Clone, Debug, VmConfig, Serialize, Deserialize)]
pub(crate) struct GuestVmConfig {
    #[config(generics = true)]
    secp256k1: Rv32WeierstrassConfig,
    #[extension]
    keccak: Keccak256,
}

impl Default for GuestVmConfig {
    fn default() -> Self {
        let secp256k1 = Rv32WeierstrassConfig::new(vec![SECP256K1_CONFIG.clone()]);
        Self { secp256k1, keccak: Keccak256 }
    }
}

// No generated file: the guest spells out what it would contain.
impl InitFileGenerator for GuestVmConfig {}
