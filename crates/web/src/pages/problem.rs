//! What is wrong, as a page that says what to do.

use super::layout::{Here, layout};
use crate::node::NodeError;
use axum::{
    Extension,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use maud::html;
use seam_ledger::{books::BooksError, report::ReportError};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{0}")]
    Missing(String),
    #[error("{0}")]
    Asked(String),
    #[error("No books are kept of this network.")]
    NoBooks,
    #[error("The books cannot be read: {0}")]
    Books(String),
    #[error("{0}")]
    Node(#[from] NodeError),
    #[error("{0}")]
    Busy(String),
    #[error("This dashboard only shows: nothing can be changed here.")]
    ReadOnly,
}

/// What is wrong, without a page around it: for the API.
#[derive(Debug, Clone)]
pub(crate) struct Words(pub(crate) String);

impl Problem {
    const fn status(&self) -> StatusCode {
        match self {
            Self::Missing(_) | Self::NoBooks => StatusCode::NOT_FOUND,
            Self::Asked(_) => StatusCode::BAD_REQUEST,
            Self::Books(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Node(_) => StatusCode::BAD_GATEWAY,
            Self::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
            Self::ReadOnly => StatusCode::METHOD_NOT_ALLOWED,
        }
    }

    const fn title(&self) -> &'static str {
        match self {
            Self::Missing(_) => "Not found",
            Self::Asked(_) => "Not understood",
            Self::NoBooks => "No books",
            Self::Books(_) => "The books cannot be read",
            Self::Node(_) => "The node does not answer",
            Self::Busy(_) => "Too busy",
            Self::ReadOnly => "Read-only",
        }
    }

    const fn advice(&self) -> &'static str {
        match self {
            Self::Missing(_) => {
                "Search for a block, a transaction, an address, an account's name or a line's number above."
            }
            Self::Asked(_) => "Correct the address of the page, or go back.",
            Self::NoBooks => {
                "Start the network without --no-earnings, or give `seam web` books with --db; `seam earn track` begins some."
            }
            Self::Books(_) => {
                "See whether the database still runs and has room; the log of this process says more."
            }
            Self::Node(_) => {
                "See whether the node runs and is where this dashboard was told. This page shows again what it has to say as \
                 soon as it answers; reload it."
            }
            Self::Busy(_) => "Try again in a moment.",
            Self::ReadOnly => "Use `seam`, a wallet or the node's JSON-RPC.",
        }
    }
}

impl From<BooksError> for Problem {
    fn from(error: BooksError) -> Self {
        Self::Books(error.to_string())
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        Self::Books(error.to_string())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let words = Words(self.to_string());
        let body = html! {
            section .problem {
                h1 { (self.title()) }
                p { (self) }
                p { (self.advice()) }
            }
        };
        (self.status(), Extension(words), layout(self.title(), Here::Elsewhere, body))
            .into_response()
    }
}
