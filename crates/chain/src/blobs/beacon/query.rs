//! Lists in a request's query. Some clients repeat the key (`indices=0&indices=1`), some separate
//! with commas (`indices=0,1`); both are read.

use super::BeaconError;
use alloy_primitives::B256;

/// The values of all `versioned_hashes` of a query, which are percent-decoded already. None if there
/// are none: then all blobs are asked for.
///
/// # Errors
///
/// [`BeaconError::VersionedHash`].
pub fn versioned_hashes<'a>(
    values: impl IntoIterator<Item = &'a str>,
) -> Result<Option<Vec<B256>>, BeaconError> {
    let hash = |text: &str| {
        let hash = text.starts_with("0x").then(|| text.parse().ok()).flatten();
        hash.ok_or_else(|| BeaconError::VersionedHash(text.to_owned()))
    };
    list(values, hash)
}

/// The values of all `indices` of a query. None if there are none: then all sidecars are asked for.
///
/// # Errors
///
/// [`BeaconError::Index`].
pub fn indices<'a>(
    values: impl IntoIterator<Item = &'a str>,
) -> Result<Option<Vec<u64>>, BeaconError> {
    list(values, |text| number(text).ok_or_else(|| BeaconError::Index(text.to_owned())))
}

fn list<'a, T>(
    values: impl IntoIterator<Item = &'a str>,
    item: impl Fn(&str) -> Result<T, BeaconError>,
) -> Result<Option<Vec<T>>, BeaconError> {
    let parts = values.into_iter().flat_map(|value| value.split(',')).map(str::trim);
    let items: Vec<T> =
        parts.filter(|part| !part.is_empty()).map(item).collect::<Result<_, _>>()?;
    Ok((!items.is_empty()).then_some(items))
}

/// Decimal digits and nothing else: `parse` alone takes a plus sign.
pub(super) fn number(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}
