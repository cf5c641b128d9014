use super::*;
use crate::blobs::testing;

#[test]
fn the_commitment_to_zeros_is_the_point_at_infinity() {
    let mut infinity = Bytes48::ZERO;
    infinity[0] = 0xc0;
    assert_eq!(commitment(&Blob::ZERO).unwrap(), infinity);
    let sidecar = Sidecar::new(vec![Blob::ZERO], vec![infinity], Vec::new());
    assert_eq!(blob_proofs(&sidecar).unwrap(), [infinity]);
}

#[test]
fn blob_proofs_are_those_of_eip_4844() {
    let sidecar = testing::sidecar(2);
    let eip4844 = testing::eip4844(2);
    assert_eq!(blob_proofs(&sidecar).unwrap(), eip4844.proofs);
    assert_eq!(commitment(&sidecar.blobs[1]).unwrap(), sidecar.commitments[1]);
}

#[test]
fn a_field_element_that_is_not_canonical_is_refused() {
    let blob = Blob::repeat_byte(0xff);
    assert!(commitment(&blob).unwrap_err().to_string().starts_with("KZG: "));
}
