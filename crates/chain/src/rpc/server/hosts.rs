//! Who is let in by the headers of a request.

use super::super::settings::Origins;
use http::{HeaderMap, Uri, header};
use std::net::IpAddr;

/// Whether the server may be reached by the name in the request. A page of a foreign name that its
/// owner lets point to this machine (DNS rebinding) is not let in; an IP address cannot be rebound.
pub fn host_allowed(headers: &HeaderMap, uri: &Uri, names: &[String]) -> bool {
    let header = headers.get(header::HOST).map(|value| value.to_str());
    let named = match header {
        Some(Ok(host)) => host.parse().ok(),
        Some(Err(_)) => return false,
        None => uri.authority().cloned(),
    };
    let Some(authority) = named else {
        // No name at all is that of no web page; one that is malformed is refused.
        return header.is_none();
    };
    let host = authority.host();
    let address = host.trim_start_matches('[').trim_end_matches(']');
    let known = |name: &String| name == "*" || name.eq_ignore_ascii_case(host);
    address.parse::<IpAddr>().is_ok()
        || host.eq_ignore_ascii_case("localhost")
        || names.iter().any(known)
}

/// Whether the web page that the request comes from may call. Browsers ask beforehand for HTTP, but
/// not for WebSocket.
pub(crate) fn origin_allowed(headers: &HeaderMap, origins: &Origins) -> bool {
    let Origins::Only(allowed) = origins else { return true };
    let Some(origin) = headers.get(header::ORIGIN) else { return true };
    let origin = origin.to_str().unwrap_or_default();
    allowed.iter().any(|known| known.eq_ignore_ascii_case(origin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::HeaderValue;

    fn headers(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).unwrap())])
    }

    fn host(host: &str, names: &[&str]) -> bool {
        let names: Vec<String> = names.iter().map(ToString::to_string).collect();
        host_allowed(&headers(header::HOST, host), &Uri::from_static("/"), &names)
    }

    #[test]
    fn a_name_must_be_known_and_an_address_need_not() {
        for known in ["localhost", "LocalHost:8545", "127.0.0.1:8545", "10.1.2.3", "[::1]:8545"] {
            assert!(host(known, &[]), "{known}");
        }
        for foreign in ["evil.example", "evil.example:8545", "localhost.evil.example", "a b", ""] {
            assert!(!host(foreign, &[]), "{foreign}");
        }
        assert!(host("Node.example:1", &["node.example"]));
        assert!(host("evil.example", &["*"]));
        assert!(host_allowed(&HeaderMap::new(), &Uri::from_static("/"), &[]));
        let uri = Uri::from_static("http://evil.example/");
        assert!(!host_allowed(&HeaderMap::new(), &uri, &[]));
    }

    #[test]
    fn a_page_must_be_listed_if_there_is_a_list() {
        let page = headers(header::ORIGIN, "https://dapp.example");
        assert!(origin_allowed(&page, &Origins::Any));
        let only = |origin: &str| Origins::Only(vec![origin.to_owned()]);
        assert!(origin_allowed(&page, &only("https://dapp.example")));
        assert!(!origin_allowed(&page, &only("https://other.example")));
        assert!(origin_allowed(&HeaderMap::new(), &only("https://other.example")));
    }
}
