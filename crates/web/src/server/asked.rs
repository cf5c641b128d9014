//! What stands in an address, as axum reads it; what cannot be read is a page, and for programs JSON.

use crate::pages::problem::Problem;
use axum::{extract::FromRequestParts, http::request::Parts};
use serde::de::DeserializeOwned;

/// The parts of the path.
#[derive(Debug)]
pub(crate) struct Path<T>(pub(crate) T);

/// What comes after the question mark.
#[derive(Debug)]
pub(crate) struct Query<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Path::from_request_parts(parts, state).await;
        let axum::extract::Path(value) =
            read.map_err(|refused| Problem::Asked(refused.body_text()))?;
        Ok(Self(value))
    }
}

impl<S: Send + Sync, T: DeserializeOwned> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let read = axum::extract::Query::from_request_parts(parts, state).await;
        let axum::extract::Query(value) =
            read.map_err(|refused| Problem::Asked(refused.body_text()))?;
        Ok(Self(value))
    }
}
