use super::*;
use std::collections::BTreeSet;

#[test]
fn every_method_has_one_name() {
    let all = || METHODS.iter().chain(dev::METHODS);
    let names: BTreeSet<&str> = all().map(|method| method.name).collect();
    assert_eq!(names.len(), all().count());
    assert!(names.iter().all(|name| name.contains('_')));
}
