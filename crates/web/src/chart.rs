//! Bars as SVG, made on the server: they are there without scripts, in print, and for screen readers as a table is
//! beside them.

use alloy_primitives::I256;
use maud::{Markup, html};

/// One group of bars: what came in, what went out, and what is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bars {
    /// Under the bars.
    pub name: String,
    /// In wei.
    pub income: I256,
    /// In wei: negative or nothing.
    pub costs: I256,
}

const WIDTH: u32 = 720;
const HEIGHT: u32 = 240;
/// Room for names under the bars.
const NAMES: u32 = 28;
/// Groups that are drawn, the last ones.
const MAX_GROUPS: usize = 60;
/// Names that have room beside each other.
const MAX_NAMES: usize = 12;

/// Income above the line, costs under it, the net as a mark.
pub fn bars(title: &str, groups: &[Bars]) -> Markup {
    let groups = &groups[groups.len().saturating_sub(MAX_GROUPS)..];
    let most = groups.iter().map(|group| group.income).max().unwrap_or_default().max(I256::ZERO);
    let least = groups.iter().map(|group| group.costs).min().unwrap_or_default().min(I256::ZERO);
    let scale = Scale { most, least };
    let zero = scale.y(I256::ZERO);
    let step = WIDTH / u32::try_from(groups.len().max(1)).unwrap_or(WIDTH);
    let width = (step * 6 / 10).clamp(1, 60);
    let every = groups.len().div_ceil(MAX_NAMES).max(1);
    html! {
        div .scroll role="region" aria-label=(title) tabindex="0" { svg .bars role="img" aria-label=(title) viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } {
            title { (title) }
            @for (place, group) in groups.iter().enumerate() {
                @let middle = step / 2 + step * u32::try_from(place).unwrap_or(0);
                @let left = middle - width.min(middle * 2) / 2;
                @let (income, costs) = (scale.y(group.income), scale.y(group.costs));
                @let net = scale.y(group.income.saturating_add(group.costs));
                g {
                    title {
                        (group.name) ": income " (crate::text::plain(group.income)) ", costs "
                        (crate::text::plain(group.costs)) ", net "
                        (crate::text::plain(group.income.saturating_add(group.costs)))
                    }
                    rect .income x=(left) y=(income) width=(width) height=(zero - income.min(zero)) {}
                    rect .cost x=(left) y=(zero) width=(width) height=(costs.max(zero) - zero) {}
                    rect .net x=(left.saturating_sub(3)) y=(net.saturating_sub(1)) width=(width + 6) height="3" {}
                    @if place.is_multiple_of(every) {
                        text x=(middle) y=(HEIGHT - 8) text-anchor="middle" { (group.name) }
                    }
                }
            }
            line .zero x1="0" x2=(WIDTH) y1=(zero) y2=(zero) {}
        } }
    }
}

struct Scale {
    most: I256,
    least: I256,
}

impl Scale {
    /// How far from the top.
    fn y(&self, amount: I256) -> u32 {
        let height = HEIGHT - NAMES;
        let range = self.most.saturating_sub(self.least);
        if range.is_zero() {
            return height;
        }
        let below = self.most.saturating_sub(amount);
        let pixels = I256::try_from(height).unwrap_or(I256::ONE);
        let y = below.saturating_mul(pixels).checked_div(range).unwrap_or_default();
        u32::try_from(y.max(I256::ZERO).into_raw()).unwrap_or(height).min(height)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wei(amount: i64) -> I256 {
        I256::try_from(amount).unwrap()
    }

    fn group(name: &str, income: i64, costs: i64) -> Bars {
        Bars { name: name.to_owned(), income: wei(income), costs: wei(costs) }
    }

    #[test]
    fn costs_hang_under_the_line_and_income_stands_on_it() {
        let scale = Scale { most: wei(100), least: wei(-100) };
        let height = HEIGHT - NAMES;
        assert_eq!([100, 0, -100].map(|amount| scale.y(wei(amount))), [0, height / 2, height]);
    }

    #[test]
    fn nothing_at_all_and_one_sided_groups_are_drawn() {
        assert!(bars("Nothing", &[]).into_string().contains("Nothing"));
        for one in
            [group("a", 0, 0), group("a", 5, 0), group("a", 0, -5), group("a", i64::MAX, i64::MIN)]
        {
            assert!(bars("One", &[one]).into_string().contains("class=\"net\""));
        }
    }

    #[test]
    fn names_are_text_and_old_groups_are_left_out() {
        let drawn = bars("x", &[group("<b>", 1, -1)]).into_string();
        assert!(drawn.contains("&lt;b&gt;") && !drawn.contains("<b>"), "{drawn}");
        let many: Vec<_> = (0..100).map(|day| group(&format!("day{day}."), 1, -1)).collect();
        let drawn = bars("x", &many).into_string();
        assert!(!drawn.contains("day39.") && drawn.contains("day40."));
    }
}
