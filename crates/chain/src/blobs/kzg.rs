//! The trusted setup of Ethereum's KZG ceremony, and proofs computed with it.

use super::{Blob, Bytes48, Sidecar};
use alloy_eips::eip4844::AsCkzg;
use c_kzg::KzgSettings;
use seam_stf::crypto::{Crypto, PrecompileHalt, install_crypto};
use thiserror::Error;

/// Bits of the tables that c-kzg precomputes for cell proofs: none.
///
/// Measured on two cores of a busy machine: without tables the setup takes 4 MiB and 2 to 3 s to
/// load, nearly all to check the ceremony's points; with the 8 bits that c-kzg recommends to those who
/// prove all day, 101 MiB and 3 to 4 s, to prove the cells of a blob in 0.3 s instead of 0.4 s.
/// Checks cost the same.
const PRECOMPUTE: u64 = 0;

/// What c-kzg refuses: a field element that is not below the modulus of the scalar field, or bytes
/// that are no point of the curve.
#[derive(Debug, Error)]
#[error("KZG: {0}")]
pub struct KzgError(#[from] c_kzg::Error);

/// The setup of the ceremony (EIP-4844), which c-kzg carries within the program. Loaded when first
/// asked for, which takes seconds, and kept for as long as the process lives; who asks meanwhile
/// waits. A chain with blobs does well to ask once, on a thread of its own, while it starts.
pub fn settings() -> &'static KzgSettings {
    c_kzg::ethereum_kzg_settings(PRECOMPUTE)
}

/// Loads the setup on a thread of its own, and has the point-evaluation precompile (EIP-4844) use it
/// too: the EVM's own choice of tables would take 100 MiB more, and seconds within some block.
///
/// # Errors
/// The system starts no more threads.
pub fn warm_up() -> std::io::Result<()> {
    // Nothing to do if another chain of this process was first.
    if install_crypto(OneSetup) {
        let load = || {
            settings();
        };
        std::thread::Builder::new().name("seam-kzg".to_owned()).spawn(load)?;
    }
    Ok(())
}

/// All as the EVM has it, but for the setup.
#[derive(Debug)]
struct OneSetup;

impl Crypto for OneSetup {
    fn verify_kzg_proof(
        &self,
        z: &[u8; 32],
        y: &[u8; 32],
        commitment: &[u8; 48],
        proof: &[u8; 48],
    ) -> Result<(), PrecompileHalt> {
        let [z, y] = [z, y].map(|bytes| c_kzg::Bytes32::new(*bytes));
        let [commitment, proof] = [commitment, proof].map(|bytes| c_kzg::Bytes48::new(*bytes));
        match settings().verify_kzg_proof(&commitment, &z, &y, &proof) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(PrecompileHalt::BlobVerifyKzgProofFailed),
        }
    }
}

/// The commitment to a blob.
///
/// # Errors
///
/// The blob holds a field element that is not canonical.
pub fn commitment(blob: &Blob) -> Result<Bytes48, KzgError> {
    let commitment = settings().blob_to_kzg_commitment(blob.as_ckzg())?;
    Ok(Bytes48::from_ckzg(commitment.to_bytes()))
}

/// The proofs of EIP-4844 for a sidecar's blobs, in their order. A sidecar of EIP-7594 carries cell
/// proofs alone, and a `blob_sidecars` answer needs these. About 60 ms for each blob: keep them.
///
/// # Errors
///
/// A blob or commitment is malformed; not so in a sidecar that [`check`](super::check()) has passed.
pub fn blob_proofs(sidecar: &Sidecar) -> Result<Vec<Bytes48>, KzgError> {
    sidecar.blobs.iter().zip(&sidecar.commitments).map(|(blob, at)| blob_proof(blob, at)).collect()
}

fn blob_proof(blob: &Blob, commitment: &Bytes48) -> Result<Bytes48, KzgError> {
    let proof = settings().compute_blob_kzg_proof(blob.as_ckzg(), commitment.as_ckzg())?;
    Ok(Bytes48::from_ckzg(proof.to_bytes()))
}

#[cfg(test)]
mod tests;
