//! Recovery of signers on secp256k1 by the zkVM's own instructions.
//!
//! Field arithmetic and point addition are one instruction each; the algorithm around them is that
//! of `openvm-ecc-guest`. [`install`] puts it where `alloy-consensus` (senders of transactions) and
//! `revm` (the `ecrecover` precompile) look for an implementation at run time.
//!
//! SOUNDNESS: square roots come from the host as hints; `openvm-ecc-guest` checks each by squaring
//! it. A host that lies gets no proof, never another signer.

use alloc::sync::Arc;

use alloy_consensus::crypto::{
    RecoveryError,
    backend::{CryptoProvider, install_default_provider},
};
use alloy_primitives::{Address, keccak256};
use ecdsa::RecoveryId;
use openvm_algebra_guest::IntMod;
use openvm_ecc_guest::{
    ecdsa::{PublicKey, VerifyingKey, verify_prehashed},
    weierstrass::WeierstrassPoint,
};
use seam_stf::crypto::{Crypto, PrecompileHalt, install_crypto};

use curve::{Secp256k1, Secp256k1Point};

/// Makes this the implementation for the whole program.
///
/// # Panics
///
/// When called twice, which would be a mistake in this program and not in its input.
pub(crate) fn install() {
    assert!(install_default_provider(Arc::new(Intrinsics)).is_ok() && install_crypto(Intrinsics));
}

/// secp256k1 by the zkVM's instructions.
#[derive(Debug)]
struct Intrinsics;

impl CryptoProvider for Intrinsics {
    fn recover_signer_unchecked(
        &self,
        signature: &[u8; 65],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let [rs @ .., parity] = signature;
        recover(rs, *parity, message).ok_or_else(RecoveryError::new)
    }

    fn verify_and_compute_signer_unchecked(
        &self,
        public_key: &[u8; 65],
        signature: &[u8; 64],
        message: &[u8; 32],
    ) -> Result<Address, RecoveryError> {
        let verify = || {
            let point = PublicKey::<Secp256k1>::from_sec1_bytes(public_key).ok()?.into_affine();
            verify_prehashed::<Secp256k1>(point.clone(), message, signature).ok()?;
            Some(address(&point))
        };
        verify().ok_or_else(RecoveryError::new)
    }
}

impl Crypto for Intrinsics {
    fn secp256k1_ecrecover(
        &self,
        signature: &[u8; 64],
        parity: u8,
        message: &[u8; 32],
    ) -> Result<[u8; 32], PrecompileHalt> {
        let signer = recover(signature, parity, message);
        signer.map(|signer| signer.into_word().0).ok_or(PrecompileHalt::Secp256k1RecoverFailed)
    }
}

/// Whose signature this is: `signature` is r and s, big-endian; `parity` that of the y coordinate
/// of the point whose x coordinate is r. Any s from 1 to the group's order less 1 is accepted.
fn recover(signature: &[u8; 64], parity: u8, message: &[u8; 32]) -> Option<Address> {
    let id = RecoveryId::from_byte(parity)?;
    let key = VerifyingKey::<Secp256k1>::recover_from_prehash_noverify(message, signature, id);
    Some(address(key.ok()?.as_affine()))
}

/// The last 20 bytes of the hash of the uncompressed public key.
fn address(point: &Secp256k1Point) -> Address {
    let mut key = [0; 64];
    let (x, y) = key.split_at_mut(32);
    x.copy_from_slice(point.x().to_be_bytes().as_ref());
    y.copy_from_slice(point.y().to_be_bytes().as_ref());
    Address::from_word(keccak256(key))
}

/// The curve as `openvm-ecc-guest` wants it described (SEC 2, section 2.4.1).
#[allow(unreachable_pub)]
mod curve {
    use core::ops::Neg;

    use alloy_primitives::hex;
    use elliptic_curve::{Curve, FieldBytesEncoding, PrimeCurve, bigint::U256, consts::U32};
    use openvm_algebra_guest::moduli_macros::{moduli_declare, moduli_init};
    use openvm_ecc_guest::{
        CyclicGroup, Group,
        sw_macros::{sw_declare, sw_init},
        weierstrass::{CachedMulTable, IntrinsicCurve},
    };

    /// Bits of a scalar taken at once in a multiplication.
    const WINDOW_BITS: usize = 4;

    const B: Secp256k1Coord = Secp256k1Coord::from_const_u8(7);

    moduli_declare! {
        Secp256k1Coord { modulus = "0xFFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFE FFFFFC2F" },
        Secp256k1Scalar { modulus = "0xFFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFE BAAEDCE6 AF48A03B BFD25E8C D0364141" },
    }

    sw_declare! {
        Secp256k1Point { mod_type = Secp256k1Coord, b = B },
    }

    // The order is that of the prover's configuration (bin/seam-prover/src/machine.rs).
    moduli_init! {
        "0xFFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFE FFFFFC2F",
        "0xFFFFFFFF FFFFFFFF FFFFFFFF FFFFFFFE BAAEDCE6 AF48A03B BFD25E8C D0364141",
    }
    sw_init! { "Secp256k1Point" }

    const fn little_endian(mut bytes: [u8; 32]) -> [u8; 32] {
        let mut index = 0;
        while index < 16 {
            (bytes[index], bytes[31 - index]) = (bytes[31 - index], bytes[index]);
            index += 1;
        }
        bytes
    }

    const fn coordinate(big_endian: [u8; 32]) -> Secp256k1Coord {
        Secp256k1Coord::from_const_bytes(little_endian(big_endian))
    }

    const GENERATOR_X: Secp256k1Coord =
        coordinate(hex!("79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"));

    impl CyclicGroup for Secp256k1Point {
        const GENERATOR: Self = Self {
            x: GENERATOR_X,
            y: coordinate(hex!("483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8")),
        };
        const NEG_GENERATOR: Self = Self {
            x: GENERATOR_X,
            y: coordinate(hex!("B7C52588D95C3B9AA25B0403F1EEF75702E84BB7597AABE663B82F6F04EF2777")),
        };
    }

    /// The curve's name among types.
    #[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
    pub struct Secp256k1;

    impl Curve for Secp256k1 {
        type FieldBytesSize = U32;
        type Uint = U256;
        const ORDER: U256 =
            U256::from_be_hex("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
    }

    impl PrimeCurve for Secp256k1 {}

    impl FieldBytesEncoding<Secp256k1> for U256 {}

    impl IntrinsicCurve for Secp256k1 {
        type Scalar = Secp256k1Scalar;
        type Point = Secp256k1Point;

        fn msm(scalars: &[Secp256k1Scalar], points: &[Secp256k1Point]) -> Secp256k1Point {
            CachedMulTable::<Self>::new_with_prime_order(points, WINDOW_BITS).windowed_mul(scalars)
        }
    }
}
