//! An endpoint over HTTP or HTTPS.

use super::{Fault, L1Access};
use crate::{
    beacon::{BeaconAccess, Page},
    client::{L1Error, L1Limits},
    timer::BoxFuture,
};
use reqwest::{Client, Response, Url, header::CONTENT_TYPE, redirect::Policy};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use std::{error::Error, sync::Arc};

/// An endpoint by its URL. Redirects are not followed: a request of ours goes where the URL says.
pub struct HttpAccess {
    name: String,
    url: Url,
    client: Client,
    max_answer_bytes: usize,
}

impl std::fmt::Debug for HttpAccess {
    /// Without the URL, which may hold a key.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("HttpAccess").field(&self.name).finish()
    }
}

impl HttpAccess {
    /// Nothing is sent yet.
    ///
    /// # Errors
    ///
    /// [`L1Error::Url`] if the URL is not one of HTTP or HTTPS, or there are no root certificates
    /// for HTTPS.
    pub fn new(url: &str, limits: &L1Limits) -> Result<Self, L1Error> {
        let bad = |reason: String| L1Error::Url { reason };
        let url: Url = url.parse().map_err(|error| bad(format!("{error}")))?;
        let name = match (url.scheme(), url.host_str(), url.port()) {
            ("http" | "https", Some(host), Some(port)) => format!("{host}:{port}"),
            ("http" | "https", Some(host), None) => host.to_owned(),
            (scheme, ..) => return Err(bad(format!("{scheme} is not supported"))),
        };
        let builder = Client::builder()
            .timeout(limits.timeout)
            .connect_timeout(limits.timeout)
            .redirect(Policy::none())
            .no_proxy()
            .user_agent(concat!("seam/", env!("CARGO_PKG_VERSION")));
        let builder = match url.scheme() {
            // The system's certificates are only needed, and read, for HTTPS.
            "http" => builder.tls_backend_preconfigured(no_tls().map_err(bad)?),
            _ => {
                // Whoever installed one before us may keep it.
                let _ = ring::default_provider().install_default();
                builder
            }
        };
        let client = builder.build().map_err(|error| bad(causes(&error)))?;
        Ok(Self { name, url, client, max_answer_bytes: limits.max_answer_bytes })
    }

    async fn post(&self, body: Vec<u8>) -> Result<Vec<u8>, Fault> {
        let request = self.client.post(self.url.clone());
        let request = request.header(CONTENT_TYPE, "application/json").body(body);
        let mut response = request.send().await.map_err(fault)?;
        let answer = self.read(&mut response).await?;
        let status = response.status();
        // Some nodes answer a refused call with 400 and the JSON-RPC error.
        let answers = status.is_success() || (status.as_u16() == 400 && answer.starts_with(b"{"));
        if answers { Ok(answer) } else { Err(Fault::Status(status.as_u16())) }
    }

    /// What is at a path below the URL's own, whose query stays.
    async fn fetch(&self, path: String) -> Result<Page, Fault> {
        let (path, query) = path.split_once('?').unwrap_or((&path, ""));
        let mut url = self.url.clone();
        url.set_path(&format!("{}/{path}", self.url.path().trim_end_matches('/')));
        let queries = [self.url.query().unwrap_or_default(), query];
        let queries = queries.into_iter().filter(|query| !query.is_empty());
        let query = queries.collect::<Vec<_>>().join("&");
        url.set_query((!query.is_empty()).then_some(query.as_str()));
        let mut response = self.client.get(url).send().await.map_err(fault)?;
        let body = self.read(&mut response).await?;
        Ok(Page { status: response.status().as_u16(), body })
    }

    async fn read(&self, response: &mut Response) -> Result<Vec<u8>, Fault> {
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(fault)? {
            if body.len() + chunk.len() > self.max_answer_bytes {
                return Err(Fault::TooLarge(self.max_answer_bytes));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body)
    }
}

impl L1Access for HttpAccess {
    fn name(&self) -> &str {
        &self.name
    }

    fn exchange(&self, body: Vec<u8>) -> BoxFuture<'_, Result<Vec<u8>, Fault>> {
        Box::pin(self.post(body))
    }
}

impl BeaconAccess for HttpAccess {
    fn name(&self) -> &str {
        &self.name
    }

    fn get(&self, path: String) -> BoxFuture<'_, Result<Page, Fault>> {
        Box::pin(self.fetch(path))
    }
}

/// Certificates are never checked with it: nothing is trusted.
fn no_tls() -> Result<ClientConfig, String> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions().map_err(|e| e.to_string())?;
    Ok(builder.with_root_certificates(RootCertStore::empty()).with_no_client_auth())
}

fn fault(error: reqwest::Error) -> Fault {
    match error.is_timeout() {
        true => Fault::Timeout,
        // Its URL may hold a key.
        false => Fault::Connection(causes(&error.without_url())),
    }
}

/// An error with what caused it: the library's own words say little.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
