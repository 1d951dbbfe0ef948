//! Differences as text of several kinds.

use serde_json::{Value, json};

use super::{latex, markdown};
use crate::{Difference, DifferenceTable};

/// What is shown for a value that there is not.
const NONE: &str = "-";

impl DifferenceTable {
    /// What the differences are, in words.
    pub fn title(&self) -> String {
        let unit = if self.metric.factor() == 1.0 { "" } else { ", in points" };
        format!("{}: differences to {}, by seed{unit}", self.metric.title(), self.against)
    }

    /// What is said below.
    pub fn legend(&self) -> String {
        let seeds = self.differences.iter().map(|own| own.seeds).max().unwrap_or(0);
        // Of the 2^n ways in which the signs may fall, two are the most extreme.
        let least = 2.0 / 2.0_f64.powi(seeds as i32);
        let weak = if seeds > 1 && least > 0.05 {
            format!(" Of {seeds} seeds Wilcoxon's test has a p of {least} at least, before correction.")
        } else {
            String::new()
        };
        let left_out = match self.left_out {
            0 => String::new(),
            1 => {
                format!(" One cell is left out: {} has none in its row, or no seed in common.", self.against)
            }
            cells => format!(
                " {cells} cells are left out: {} has none in their rows, or no seed in common.",
                self.against
            ),
        };
        format!(
            "Student's paired t test and Wilcoxon's signed-rank test, p after Holm's correction over the table (tests: {}); d: Cohen's, of the \
             differences; r: rank-biserial correlation.{weak}{left_out}",
            self.differences.iter().filter(|own| own.t.is_some() && !own.is_none()).count()
        )
    }

    /// The names of the columns; the first two are names, the others numbers.
    pub fn header(&self) -> Vec<&str> {
        let mut header = vec![
            self.row_name.as_str(),
            self.column_name.as_str(),
            "seeds",
            "difference",
            "95 % interval",
            "t test p",
            "Wilcoxon p",
            "d",
            "r",
        ];
        if self.metric.has_ratio() {
            header.extend(["ratio of means", "mean of ratios"]);
        }
        header
    }

    /// A row a comparison.
    pub fn rows(&self) -> Vec<Vec<String>> {
        self.differences.iter().map(|own| self.row(own)).collect()
    }

    fn row(&self, own: &Difference) -> Vec<String> {
        let (factor, decimals) = (self.metric.factor(), self.metric.decimals());
        let signed = |value: f64| format!("{:+.decimals$}", factor * value);
        let or_none = |text: Option<String>| text.unwrap_or_else(|| NONE.to_owned());
        let two = |value: Option<f64>| or_none(value.map(|value| format!("{value:.2}")));
        let mut row = vec![
            own.row.clone(),
            own.column.clone(),
            own.seeds.to_string(),
            signed(own.mean),
            or_none(own.interval.map(|ends| format!("{} to {}", signed(ends.low), signed(ends.high)))),
            or_none(own.t_holm.map(probability)),
            or_none(own.wilcoxon_holm.map(probability)),
            two(own.cohens_d),
            two(own.rank_biserial),
        ];
        if self.metric.has_ratio() {
            row.extend([two(own.ratio_of_means), two(own.mean_of_ratios)]);
        }
        row
    }

    /// In Markdown (GitHub's).
    pub fn to_markdown(&self) -> String {
        let grid = markdown::grid(&self.header(), 2, self.rows());
        format!("{}\n\n{grid}\n{}\n", self.title(), self.legend())
    }

    /// A `tabular` for the package `booktabs`.
    pub fn to_latex(&self) -> String {
        latex::tabular(&format!("{}. {}", self.title(), self.legend()), &self.header(), 2, self.rows())
    }

    /// With all that is known of each, numbers with all their digits and without percent.
    pub fn to_json(&self) -> String {
        let of = |own: &Difference| {
            let mut fields = serde_json::Map::from_iter([
                ("row".to_owned(), json!(own.row)),
                ("column".to_owned(), json!(own.column)),
                ("seeds".to_owned(), json!(own.seeds)),
            ]);
            fields.extend(numbers(own).into_iter().map(|(name, value)| (name.to_owned(), json!(value))));
            Value::Object(fields)
        };
        let value = json!({
            "metric": self.metric.name(),
            "rows": self.row_name,
            "columns": self.column_name,
            "against": self.against,
            "differences": self.differences.iter().map(of).collect::<Vec<Value>>(),
        });
        format!("{value:#}\n")
    }

    /// The same as CSV.
    pub fn to_csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        for (place, own) in self.differences.iter().enumerate() {
            let numbers = numbers(own);
            if place == 0 {
                let names = [self.row_name.as_str(), &self.column_name, "against", "seeds"].into_iter();
                let header = names.chain(numbers.iter().map(|(name, _)| *name));
                writer.write_record(header).expect("memory takes it");
            }
            let text = |value: &Option<f64>| value.map_or_else(String::new, |value| value.to_string());
            let names = [own.row.clone(), own.column.clone(), self.against.clone(), own.seeds.to_string()]
                .into_iter();
            let row = names.chain(numbers.iter().map(|(_, value)| text(value)));
            writer.write_record(row).expect("rows are as long as the header, and memory takes them");
        }
        String::from_utf8(writer.into_inner().expect("memory takes them")).expect("texts are UTF-8")
    }
}

/// All numbers of a comparison, by name.
fn numbers(own: &Difference) -> [(&'static str, Option<f64>); 11] {
    [
        ("difference", Some(own.mean)),
        ("low_95", own.interval.map(|ends| ends.low)),
        ("high_95", own.interval.map(|ends| ends.high)),
        ("t_p", own.t),
        ("t_p_holm", own.t_holm),
        ("wilcoxon_p", own.wilcoxon),
        ("wilcoxon_p_holm", own.wilcoxon_holm),
        ("cohens_d", own.cohens_d),
        ("rank_biserial", own.rank_biserial),
        ("ratio_of_means", own.ratio_of_means),
        ("mean_of_ratios", own.mean_of_ratios),
    ]
}

fn probability(p: f64) -> String {
    if p < 0.0005 { "<0.001".to_owned() } else { format!("{p:.3}") }
}
