//! The documentation as a book: its table of contents has every page, and every link of README and docs leads somewhere, in the repository
//! and in the book.

use std::{
    collections::HashSet,
    fs,
    path::{Component, Path, PathBuf},
};

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

/// The pages of docs, in the order of the table of contents.
pub(crate) fn pages(root: &Path) -> Vec<PathBuf> {
    let docs = root.join("docs");
    Page::read(&docs.join("SUMMARY.md")).links.iter().map(|link| docs.join(&link.to)).collect()
}

#[test]
fn the_table_of_contents_has_every_page_once() {
    let root = root();
    let listed = pages(&root);
    let mut there = Vec::new();
    markdown_files(&root.join("docs"), &mut there);
    there.retain(|path| !path.ends_with("SUMMARY.md"));
    let lacking: Vec<_> = there.iter().filter(|path| !listed.contains(path)).collect();
    assert!(lacking.is_empty(), "docs/SUMMARY.md lacks {lacking:?}");
    let twice: Vec<_> = listed.iter().enumerate().filter(|(i, path)| listed[..*i].contains(path)).collect();
    assert!(twice.is_empty(), "docs/SUMMARY.md has twice {twice:?}");
}

#[test]
fn every_link_of_readme_and_docs_leads_somewhere() {
    let root = root();
    let mut files: Vec<PathBuf> =
        ["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(|name| root.join(name)).into();
    markdown_files(&root.join("docs"), &mut files);
    markdown_files(&root.join("tools"), &mut files);
    let mut followed = 0;
    let mut broken = Vec::new();
    for file in &files {
        for link in Page::read(file).links.iter().filter(|link| !link.to.contains("://")) {
            followed += 1;
            if let Err(reason) = follow(&root, file, &link.to) {
                broken.push(format!("{}, line {}: {}: {reason}", file.display(), link.line, link.to));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(followed >= 100, "only {followed} links were found");
}

/// A command that has lost its indentation is prose, in one line with what follows.
#[test]
fn no_paragraph_begins_with_a_command() {
    let root = root();
    let mut files = vec![root.join("README.md"), root.join("CONTRIBUTING.md")];
    markdown_files(&root.join("docs"), &mut files);
    let mut found = Vec::new();
    for file in &files {
        let text = fs::read_to_string(file).unwrap();
        let mut begins = false;
        for (event, range) in Parser::new_ext(&text, Options::all()).into_offset_iter() {
            if let (true, Event::Text(words)) = (begins, &event)
                && ["lth ", "tools/", "cargo "].iter().any(|command| words.starts_with(command))
            {
                let line = 1 + text[..range.start].matches('\n').count();
                found.push(format!("{}, line {line}: {words}", file.display()));
            }
            begins = matches!(event, Event::Start(Tag::Paragraph));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn results_have_every_claim_of_the_pages_beside_them() {
    let results = root().join("docs/results");
    let all = fs::read_to_string(results.join("README.md")).unwrap();
    let mut pages = Vec::new();
    markdown_files(&results, &mut pages);
    let mut claims = 0;
    for page in pages.iter().filter(|page| !page.ends_with("README.md")) {
        let text = fs::read_to_string(page).unwrap();
        let Some((_, table)) = text.split_once("| claim | verdict | ours |\n|---|---|---|\n") else {
            continue;
        };
        let name = page.file_name().unwrap().to_str().unwrap();
        for row in table.lines().take_while(|line| line.starts_with('|')) {
            claims += 1;
            let expected = format!("({name}) {row}");
            assert!(
                all.contains(&expected),
                "docs/results/README.md lacks {expected}: tools/claims_table.py prints it"
            );
        }
    }
    assert!(claims > 15, "only {claims} claims were found");
}

#[test]
fn a_link_that_leads_nowhere_is_found() {
    let root = root();
    let guide = root.join("docs/guides/sweeps.md");
    for (link, is) in [
        ("sweeps.md", true),
        ("#a-file", true),
        ("../README.md", true),
        ("../figures/zhou-2019-figure-3.svg", true),
        ("no-such-page.md", false),
        ("#no-such-heading", false),
        ("stability.md#a-file", false),
        ("../../CONTRIBUTING.md", false),
        ("../figures", false),
    ] {
        assert_eq!(follow(&root, &guide, link).is_ok(), is, "{link}");
    }
}

/// Whether the link of a file leads to a file that is there, and to a heading of it.
fn follow(root: &Path, from: &Path, link: &str) -> Result<(), &'static str> {
    let (path, heading) = link.split_once('#').unwrap_or((link, ""));
    let to = if path.is_empty() { from.to_owned() } else { normal(&from.with_file_name(path)) };
    if !to.exists() {
        return Err("there is no such file");
    }
    let docs = root.join("docs");
    if from.starts_with(&docs) {
        if !to.starts_with(&docs) {
            return Err(
                "it leads out of the book: link to a page of docs, or give the address of the repository",
            );
        }
        if !to.is_file() {
            return Err("the book has no pages for folders");
        }
    }
    if !heading.is_empty() && !Page::read(&to).headings.contains(heading) {
        return Err("that page has no such heading");
    }
    Ok(())
}

/// A path without `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        if component == Component::ParentDir {
            normal.pop();
        } else {
            normal.push(component);
        }
    }
    normal
}

/// What a Markdown file has of links and of places that links may lead to.
#[derive(Default)]
struct Page {
    /// Links and pictures.
    links: Vec<Link>,
    /// The names of its headings, as GitHub and mdBook make them.
    headings: HashSet<String>,
}

struct Link {
    line: usize,
    to: String,
}

impl Page {
    fn read(path: &Path) -> Self {
        let text = fs::read_to_string(path).unwrap();
        let mut page = Self::default();
        let mut heading = None;
        for (event, range) in
            Parser::new_ext(&text, Options::ENABLE_TABLES | Options::ENABLE_FOOTNOTES).into_offset_iter()
        {
            match event {
                Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                    page.links.push(Link {
                        line: 1 + text[..range.start].matches('\n').count(),
                        to: dest_url.into_string(),
                    });
                }
                Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
                Event::Text(words) | Event::Code(words) => {
                    if let Some(heading) = &mut heading {
                        heading.push_str(&words);
                    }
                }
                Event::End(TagEnd::Heading(_)) => {
                    let name = name_of(&heading.take().unwrap_or_default());
                    let (mut free, mut again) = (name.clone(), 0);
                    while !page.headings.insert(free) {
                        again += 1;
                        free = format!("{name}-{again}");
                    }
                }
                _ => (),
            }
        }
        page
    }
}

/// The name of a heading: small letters, digits, `-` and `_`, blanks as `-`.
fn name_of(heading: &str) -> String {
    heading
        .trim()
        .to_lowercase()
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | ' '))
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

fn markdown_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            markdown_files(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

fn root() -> PathBuf {
    fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")).unwrap()
}
