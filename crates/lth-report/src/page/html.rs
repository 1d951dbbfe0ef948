//! The files of the page, put into one.

use super::PageData;

const PAGE: &str = include_str!("../../page/page.html");
const STYLES: [&str; 2] = [include_str!("../../page/vendor/uPlot.css"), include_str!("../../page/page.css")];
const SCRIPTS: [&str; 11] = [
    include_str!("../../page/vendor/uPlot.js"),
    include_str!("../../page/elements.js"),
    include_str!("../../page/keep.js"),
    include_str!("../../page/table.js"),
    include_str!("../../page/chart.js"),
    include_str!("../../page/runs.js"),
    include_str!("../../page/density.js"),
    include_str!("../../page/curves.js"),
    include_str!("../../page/first_layer.js"),
    include_str!("../../page/details.js"),
    include_str!("../../page/main.js"),
];

/// What a page of ours begins with, so that no other file is written over.
pub const MARK: &str = "<!doctype html>\n<!-- lth report -->\n";

/// The page of these data, self-contained.
pub fn page(data: &PageData) -> String {
    let json = serde_json::to_string(data).expect("texts and numbers are plain values");
    assembled(&json)
}

/// The page that fetches its data from where it was served, again and again.
pub fn live_page() -> String {
    assembled("null")
}

fn assembled(json: &str) -> String {
    // A script ends at the first `</script`, wherever that stands.
    let json = json.replace("</", "<\\/").replace("<!--", "<\\u0021--");
    let scripts = SCRIPTS.join("\n").replace("</script", "<\\/script");
    let mut text = MARK.to_owned();
    for part in PAGE.split_inclusive('\n') {
        match part.trim() {
            "/* styles */" => text.push_str(&STYLES.join("\n")),
            "/* scripts */" => text.push_str(&scripts),
            "/* data */" => text.push_str(&json),
            _ => text.push_str(part),
        }
    }
    text
}
