//! What all pages have: head, navigation, search, a line that says whether the page is live.

use maud::{DOCTYPE, Markup, html};

/// Which entry of the navigation a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Here {
    Network,
    Earnings,
    Explorer,
    Elsewhere,
}

const NAVIGATION: [(Here, &str, &str); 3] = [
    (Here::Network, "/", "Network"),
    (Here::Earnings, "/earnings", "Earnings"),
    (Here::Explorer, "/explorer", "Explorer"),
];

/// A whole page.
pub(super) fn layout(title: &str, here: Here, body: Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · Seam" }
                link rel="icon" href="/assets/icon.svg" type="image/svg+xml";
                link rel="stylesheet" href="/assets/uplot.css";
                link rel="stylesheet" href="/assets/style.css";
                script src="/assets/uplot.js" defer {}
                script src="/assets/app.js" defer {}
            }
            body {
                a .skip href="#main" { "Skip to content" }
                header {
                    a .brand href="/" { "Seam" }
                    nav aria-label="Pages" {
                        @for (entry, path, name) in NAVIGATION {
                            a href=(path) aria-current=[(entry == here).then_some("page")] { (name) }
                        }
                    }
                    form role="search" action="/search" {
                        label .hidden for="search" { "Search" }
                        input #search name="q" type="search" maxlength="100" autocomplete="off"
                            placeholder="Block, transaction, address, name, line";
                        button { "Search" }
                    }
                }
                p #connection .banner role="status" aria-live="polite" hidden {}
                main #main tabindex="-1" { (body) }
                footer {
                    "Numbers are read from the nodes and the books; each leads to where it comes from. "
                    a href="/api/v1/openapi.json" { "HTTP API" } "."
                }
            }
        }
    }
}

/// A number with its name.
pub(super) fn figure(name: &str, value: Markup) -> Markup {
    html! { div .figure { dt { (name) } dd { (value) } } }
}

/// What stands where there is nothing yet.
pub(super) fn nothing(words: &str) -> Markup {
    html! { p .nothing { (words) } }
}

/// A table that scrolls by itself where the window is narrow; it can be reached by keyboard.
pub(super) fn table(name: &str, headings: &[&str], rows: Markup) -> Markup {
    html! {
        div .scroll role="region" aria-label=(name) tabindex="0" {
            table {
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody { (rows) }
            }
        }
    }
}
