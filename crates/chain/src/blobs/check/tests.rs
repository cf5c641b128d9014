use super::*;
use crate::blobs::{Blob, Bytes48, testing};
use alloy_eips::eip4844::BlobTransactionSidecar;

/// Checks a sidecar against its own versioned hashes.
fn check_own(sidecar: impl Into<AnySidecar>) -> Result<Sidecar, SidecarError> {
    let sidecar = sidecar.into();
    let hashes = testing::hashes(&sidecar);
    check(sidecar, &hashes, 6)
}

/// Checks a sidecar that was changed against the versioned hashes it had before.
fn check_changed(change: impl FnOnce(&mut Sidecar)) -> SidecarError {
    let mut sidecar = testing::sidecar(2);
    let hashes: Vec<_> = sidecar.versioned_hashes().collect();
    change(&mut sidecar);
    check(sidecar.into(), &hashes, 6).unwrap_err()
}

/// The same with a sidecar of EIP-4844.
fn check_changed_4844(change: impl FnOnce(&mut BlobTransactionSidecar)) -> SidecarError {
    let mut sidecar = testing::eip4844(2);
    let hashes: Vec<_> = sidecar.versioned_hashes().collect();
    change(&mut sidecar);
    check(sidecar.into(), &hashes, 6).unwrap_err()
}

#[test]
fn sidecars_of_both_kinds_pass_and_become_the_same() {
    for blobs in [1, 2] {
        let sidecar = testing::sidecar(blobs);
        assert_eq!(check_own(sidecar.clone()).unwrap(), sidecar);
        assert_eq!(check_own(testing::eip4844(blobs)).unwrap(), sidecar);
    }
}

#[test]
fn a_wrong_proof_is_refused() {
    let error = check_changed(|sidecar| sidecar.cell_proofs[200] = sidecar.cell_proofs[0]);
    assert!(matches!(error, SidecarError::InvalidProof), "{error}");
    let error = check_changed_4844(|sidecar| sidecar.proofs[1] = sidecar.proofs[0]);
    assert!(matches!(error, SidecarError::InvalidProof), "{error}");
}

#[test]
fn a_changed_or_swapped_blob_is_refused() {
    let error = check_changed(|sidecar| sidecar.blobs[0][100] ^= 1);
    assert!(matches!(error, SidecarError::InvalidProof), "{error}");
    let error = check_changed(|sidecar| sidecar.blobs.swap(0, 1));
    assert!(matches!(error, SidecarError::InvalidProof), "{error}");
    let error = check_changed_4844(|sidecar| sidecar.blobs.swap(0, 1));
    assert!(matches!(error, SidecarError::InvalidProof), "{error}");
}

#[test]
fn a_commitment_that_the_transaction_does_not_name_is_refused() {
    let error = check_changed(|sidecar| sidecar.commitments.swap(0, 1));
    assert!(matches!(error, SidecarError::HashMismatch { blob: 0, .. }), "{error}");
    let error = check_changed_4844(|sidecar| sidecar.commitments[1][5] ^= 1);
    assert!(matches!(error, SidecarError::HashMismatch { blob: 1, .. }), "{error}");
}

#[test]
fn a_versioned_hash_has_its_version() {
    let sidecar = AnySidecar::from(testing::sidecar(1));
    let mut hashes = testing::hashes(&sidecar);
    hashes[0][0] = 2;
    let error = check(sidecar, &hashes, 6).unwrap_err();
    assert!(matches!(error, SidecarError::HashMismatch { blob: 0, .. }), "{error}");
}

#[test]
fn bytes_that_are_no_point_or_no_field_element_are_refused() {
    let malformed = |error| assert!(matches!(error, SidecarError::Malformed(_)), "{error}");
    malformed(check_changed(|sidecar| sidecar.cell_proofs[0] = Bytes48::repeat_byte(1)));
    malformed(check_changed(|sidecar| sidecar.blobs[1] = Blob::repeat_byte(0xff)));
    malformed(check_changed_4844(|sidecar| sidecar.proofs[0] = Bytes48::ZERO));
    malformed(check_changed_4844(|sidecar| sidecar.blobs[1] = Blob::repeat_byte(0xff)));
    // The versioned hash is that of the commitment, which is to nothing.
    let mut sidecar = testing::sidecar(1);
    sidecar.commitments[0] = Bytes48::repeat_byte(9);
    malformed(check_own(sidecar).unwrap_err());
}

#[test]
fn counts_have_to_agree() {
    let text = |error: SidecarError| error.to_string();
    let blobs = text(check_changed(|sidecar| sidecar.blobs.truncate(1)));
    assert_eq!(blobs, "invalid number of 1 blobs compared to 2 blob hashes");
    let commitments = text(check_changed_4844(|sidecar| sidecar.commitments.push(Bytes48::ZERO)));
    assert_eq!(commitments, "invalid number of 3 blob commitments compared to 2 blob hashes");
    let cells = text(check_changed(|sidecar| sidecar.cell_proofs.truncate(255)));
    assert_eq!(cells, "invalid number of 255 blob proofs, expected 256");
    let proofs = text(check_changed_4844(|sidecar| sidecar.proofs.truncate(1)));
    assert_eq!(proofs, "invalid number of 1 blob proofs, expected 2");
}

#[test]
fn no_blobs_and_too_many_are_refused() {
    let error = check_own(Sidecar::default()).unwrap_err();
    assert_eq!(error.to_string(), "blobless blob transaction");
    let sidecar = AnySidecar::from(testing::sidecar(2));
    let hashes = testing::hashes(&sidecar);
    let error = check(sidecar, &hashes, 1).unwrap_err();
    assert_eq!(error.to_string(), "too many blobs in transaction: have 2, permitted 1");
}
