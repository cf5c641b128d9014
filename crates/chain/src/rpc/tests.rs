use super::*;
use std::collections::BTreeSet;

#[test]
fn every_method_has_one_name() {
    let names: BTreeSet<&str> = METHODS.iter().map(|method| method.name).collect();
    assert_eq!(names.len(), METHODS.len());
    assert!(names.iter().all(|name| name.contains('_')));
}
