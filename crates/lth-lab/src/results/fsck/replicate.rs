//! One replicate: the weights that it begins with, and tickets by the hashes that other files know them by.

use std::{
    collections::{HashMap, HashSet},
    path::{Path, PathBuf},
};

use rayon::prelude::*;

use super::{
    Finding,
    content::tensors,
    ticket::{Points, contradicts_run, network_of, read_ticket},
    training::{Run, Training},
};
use crate::{Layout, Stage, Variant, read_file};

/// Checks the files of a replicate with these trainings; returns the trainings.
pub(super) fn check_replicate(
    run: &Run<'_>,
    replicate: u32,
    stages: &[Stage],
    findings: &mut Vec<Finding>,
) -> Vec<Training> {
    let mut claims = Claims::default();
    let points = read_points(run, replicate, &mut claims, findings);
    let trainings: Vec<Training> =
        stages.par_iter().map(|stage| Training::read(run, *stage, &points)).collect();
    for training in &trainings {
        claims.add_of(run, training);
    }
    let before: HashSet<&Path> = trainings
        .iter()
        .flat_map(|training| &training.findings)
        .filter(|finding| finding.kind.is_problem())
        .map(|finding| finding.path.as_path())
        .collect();
    let mut found = claims.contradictions(&before);
    found.extend(claims.other_networks());
    found.extend(other_points(run.layout, &trainings, &claims, &found));
    findings.extend(found.into_iter().filter(|finding| !before.contains(finding.path.as_path())));
    trainings
}

/// Reads the weights before any training and those at the rewind point.
fn read_points(run: &Run<'_>, replicate: u32, claims: &mut Claims, findings: &mut Vec<Finding>) -> Points {
    let mut points = Points::default();
    let path = run.layout.initial(replicate);
    if let Some(bytes) = bytes(&path, findings) {
        match tensors(&bytes) {
            Err(reason) => findings.push(Finding::damaged(&path, reason)),
            Ok(file) => {
                let seed = run.experiment.map(|experiment| experiment.seed(replicate).to_string());
                let said = |key: &str| file.metadata.get(key).map(String::as_str);
                let model = run.experiment.map(|experiment| experiment.model.as_str());
                if said("kind") != Some("initial")
                    || seed.is_some_and(|seed| said("seed") != Some(&seed))
                    || model.is_some_and(|model| said("model") != Some(model))
                {
                    let reason = "its metadata are not those of the weights before any training";
                    findings.push(Finding::contradiction(&path, reason));
                }
                points.initial = Some(file.tensors);
            }
        }
    }
    let path = run.layout.rewind(replicate);
    if let Some(bytes) = bytes(&path, findings) {
        match read_ticket(&bytes) {
            Err(reason) => findings.push(Finding::damaged(&path, reason)),
            Ok((_, ticket)) => {
                let point = ticket.origin.metadata.get("point").map(String::as_str);
                let reason = if point == Some("rewind") {
                    contradicts_run(&ticket, run.experiment, replicate)
                } else {
                    Some("it does not say that it is the rewind point".to_owned())
                };
                findings.extend(reason.map(|reason| Finding::contradiction(&path, reason)));
                claims.networks.push((path.clone(), network_of(&ticket)));
                let dense = run.layout.ticket(replicate, Variant::Ticket, 0);
                claims.add(dense, ticket.origin.parent, &path);
                points.rewind = Some(ticket.weights);
            }
        }
    }
    points
}

fn bytes(path: &Path, findings: &mut Vec<Finding>) -> Option<Vec<u8>> {
    if !path.is_file() {
        return None;
    }
    let read = read_file(path);
    read.map_err(|error| findings.push(Finding::unreadable(path, &error))).ok()
}

/// What files say of the hashes of tickets.
#[derive(Default)]
struct Claims {
    /// Tickets that were read, by their hashes.
    hashes: HashMap<PathBuf, String>,
    /// The network that each is of.
    networks: Vec<(PathBuf, String)>,
    /// What is said of each ticket, and by which file.
    said: HashMap<PathBuf, Vec<(String, PathBuf)>>,
}

impl Claims {
    fn add(&mut self, ticket: PathBuf, hash: Option<String>, by: &Path) {
        if let Some(hash) = hash {
            self.said.entry(ticket).or_default().push((hash, by.to_owned()));
        }
    }

    /// What the files of a training say of tickets: its own, that from which it was cut, and the next.
    fn add_of(&mut self, run: &Run<'_>, training: &Training) {
        let layout = run.layout;
        let Stage { replicate, variant, round } = training.stage;
        let own = layout.ticket(replicate, variant, round);
        if let Some(ticket) = &training.ticket {
            self.hashes.insert(own.clone(), ticket.hash.clone());
            self.networks.push((own.clone(), ticket.network.clone()));
            let before = match (variant, run.experiment) {
                (Variant::Control(_), _) => Some(round),
                (Variant::Ticket, Some(experiment)) if round > 0 => {
                    Some(if experiment.is_iterative() { round - 1 } else { 0 })
                }
                _ => None,
            };
            if let Some(before) = before {
                let parent = layout.ticket(replicate, Variant::Ticket, before);
                self.add(parent, ticket.parent.clone(), &own);
            }
        }
        let trained = layout.trained(replicate, variant, round);
        self.add(own, training.trained_from.clone(), &trained);
        if let Some(record) = &training.record {
            let next = layout.ticket(replicate, variant, round + 1);
            self.add(next, record.next_ticket.clone(), &layout.record(replicate, variant, round));
        }
    }

    /// Tickets of another network than most are of.
    fn other_networks(&self) -> Vec<Finding> {
        let count = |network: &str| self.networks.iter().filter(|(_, own)| own == network).count();
        let most = self.networks.iter().map(|(_, network)| count(network)).max().unwrap_or(0);
        let others = self.networks.iter().filter(|(_, network)| count(network) < most);
        let reason = "it is of another network than the other tickets";
        others.map(|(path, _)| Finding::contradiction(path, reason)).collect()
    }

    /// How much a file is to be believed: one whose own hash others know was not changed.
    fn weight(&self, file: &Path) -> u32 {
        1 + u32::from(self.is_known(file))
    }

    /// Whether a file says that a ticket is what it is.
    fn is_known(&self, ticket: &Path) -> bool {
        let (Some(hash), Some(said)) = (self.hashes.get(ticket), self.said.get(ticket)) else { return false };
        said.iter().any(|(said, _)| said == hash)
    }

    /// Files that are not what others know them by, or know others wrongly; where it is not certain which, both. What is known to be
    /// damaged neither speaks nor is spoken of.
    fn contradictions(&self, damaged: &HashSet<&Path>) -> Vec<Finding> {
        let mut doubtful: Vec<(PathBuf, String)> = Vec::new();
        for (ticket, said) in &self.said {
            let Some(hash) = self.hashes.get(ticket) else { continue };
            let heard = said.iter().filter(|(_, by)| !damaged.contains(by.as_path()));
            let (right, wrong): (Vec<_>, Vec<_>) = heard.partition(|(said, _)| said == hash);
            let weight =
                |files: &[&(String, PathBuf)]| -> u32 { files.iter().map(|(_, by)| self.weight(by)).sum() };
            // Without anybody who knows it, a file speaks for itself.
            let (own, others) = (1 + weight(&right), weight(&wrong));
            if wrong.is_empty() || damaged.contains(ticket.as_path()) {
                continue;
            }
            if others >= own {
                let by = name(&wrong[0].1);
                doubtful.push((
                    ticket.clone(),
                    format!("it is another ticket than {by} says: {by} names another hash"),
                ));
            }
            if others <= own {
                let named = wrong
                    .iter()
                    .map(|(_, by)| (by.clone(), format!("it names another hash than {} has", name(ticket))));
                doubtful.extend(named);
            }
        }
        doubtful.sort();
        doubtful.dedup_by(|next, last| next.0 == last.0);
        doubtful.into_iter().map(|(path, reason)| Finding::contradiction(path, reason)).collect()
    }
}

/// The last two steps of a path: `round-01/round.json`.
fn name(path: &Path) -> String {
    let mut steps: Vec<_> = path.iter().rev().take(2).map(|step| step.to_string_lossy()).collect();
    steps.reverse();
    steps.join("/")
}

/// Weights at a point from which tickets of known hashes differ; where no hash is known, the tickets too.
fn other_points(layout: &Layout, trainings: &[Training], claims: &Claims, found: &[Finding]) -> Vec<Finding> {
    let mut doubtful = Vec::new();
    for training in trainings {
        let Stage { replicate, variant, round } = training.stage;
        let path = layout.ticket(replicate, variant, round);
        let differs = training.ticket.as_ref().is_some_and(|ticket| ticket.is_of_point == Some(false));
        let named = found.iter().chain(&training.findings).any(|finding| finding.path == path);
        if !differs || named {
            continue;
        }
        let rewind = layout.rewind(replicate);
        let point = if round > 0 && rewind.exists() { rewind } else { layout.initial(replicate) };
        if !claims.is_known(&path) {
            let reason = format!("its weights are not those of {}", name(&point));
            doubtful.push(Finding::contradiction(path.clone(), reason));
        }
        let reason = format!("its weights are not those that {} restarts from", name(&path));
        doubtful.push(Finding::contradiction(point, reason));
    }
    doubtful.sort_by(|one, other| one.path.cmp(&other.path));
    doubtful.dedup_by(|next, last| next.path == last.path);
    doubtful
}
