//! Which files a run folder has: what each is, by its path below the folder.

use crate::{ControlKind, Stage, Variant};

/// What the file at a path is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// A file that is there while a process works, without content.
    Lock,
    /// A text that nobody reads back.
    Log,
    /// `experiment.toml`.
    Settings,
    /// `network.toml`.
    Network,
    /// `provenance.json`.
    Provenance,
    /// `summary.csv`.
    Summary,
    /// `timing.csv`.
    TimingSummary,
    /// A file of a learned supermask.
    Supermask,
    /// A file of a replicate that belongs to no round.
    OfReplicate(u32),
    /// A file of a training.
    OfTraining(Stage),
    /// The event file of a training.
    Events(Stage),
    /// Any other JSON file.
    Json,
    /// Any other table.
    Csv,
    /// Any other file of tensors.
    Tensors,
    /// Any other event file.
    OtherEvents,
    /// A picture.
    Svg,
    /// A picture.
    Png,
    /// A picture.
    Pdf,
}

/// What the file at these steps below a run folder is; `None` for those that no command writes.
pub(super) fn file(steps: &[&str]) -> Option<Place> {
    match steps {
        [name] => at_root(name),
        ["figures", .., name] => {
            by_ending(name).filter(|place| matches!(place, Place::Svg | Place::Png | Place::Pdf | Place::Csv))
        }
        ["stability" | "supermask", .., name] => by_ending(name),
        [replicate, rest @ ..] => in_replicate(number(replicate, "replicate-", 1)?, rest),
        [] => None,
    }
}

/// Whether a folder at these steps below a run folder has files of the run, or folders in which they lie.
pub(super) fn is_folder(steps: &[&str]) -> bool {
    match steps {
        ["figures" | "stability" | "supermask", ..] => true,
        [replicate, rest @ ..] if number(replicate, "replicate-", 1).is_some() => match rest {
            [] | ["tensorboard"] => true,
            ["tensorboard", variant] => self::variant(variant).is_some(),
            ["tensorboard", variant, round] => {
                self::variant(variant).is_some() && (*round == "rounds" || self::round(round).is_some())
            }
            [round] | [round, "controls"] => self::round(round).is_some(),
            [round, "controls", kind] => self::round(round).is_some() && control(kind).is_some(),
            _ => false,
        },
        _ => false,
    }
}

fn at_root(name: &str) -> Option<Place> {
    Some(match name {
        ".lock" => Place::Lock,
        "lth.log" => Place::Log,
        "experiment.toml" => Place::Settings,
        "network.toml" => Place::Network,
        "provenance.json" => Place::Provenance,
        "summary.csv" => Place::Summary,
        "timing.csv" => Place::TimingSummary,
        "initial.safetensors"
        | "metrics.csv"
        | "scores.safetensors"
        | "supermask.safetensors"
        | "supermask.json"
        | "timing.json"
        | "checkpoint.safetensors" => Place::Supermask,
        _ => return None,
    })
}

fn in_replicate(replicate: u32, steps: &[&str]) -> Option<Place> {
    let stage = |variant, round| Stage { replicate, variant, round };
    match steps {
        ["initial.safetensors" | "rewind.safetensors" | "dense-checkpoint.safetensors"] => {
            Some(Place::OfReplicate(replicate))
        }
        ["tensorboard", variant, "rounds", "events.out.tfevents.lth"] => {
            self::variant(variant).map(|_| Place::OtherEvents)
        }
        ["tensorboard", variant, round, "events.out.tfevents.lth"] => {
            Some(Place::Events(stage(self::variant(variant)?, self::round(round)?)))
        }
        [round, name] if is_of_training(name) => {
            Some(Place::OfTraining(stage(Variant::Ticket, self::round(round)?)))
        }
        [round, "controls", kind, name] if is_of_training(name) => {
            Some(Place::OfTraining(stage(Variant::Control(control(kind)?), self::round(round)?)))
        }
        _ => None,
    }
}

fn is_of_training(name: &str) -> bool {
    matches!(
        name,
        "ticket.safetensors"
            | "trained.safetensors"
            | "checkpoint.safetensors"
            | "metrics.csv"
            | "metrics-lec.csv"
            | "round.json"
            | "timing.json"
            | "failure.txt"
    )
}

fn by_ending(name: &str) -> Option<Place> {
    Some(match name.rsplit_once('.')?.1 {
        "json" => Place::Json,
        "csv" => Place::Csv,
        "safetensors" => Place::Tensors,
        "svg" => Place::Svg,
        "png" => Place::Png,
        "pdf" => Place::Pdf,
        _ => return None,
    })
}

fn variant(name: &str) -> Option<Variant> {
    if name == "ticket" { Some(Variant::Ticket) } else { control(name).map(Variant::Control) }
}

/// A control, by the name that its folder has.
fn control(name: &str) -> Option<ControlKind> {
    name.parse::<ControlKind>().ok().filter(|kind| kind.to_string() == name)
}

fn round(name: &str) -> Option<u32> {
    number(name, "round-", 2)
}

/// The number behind a prefix, written with so many digits at least.
fn number(name: &str, prefix: &str, digits: usize) -> Option<u32> {
    let text = name.strip_prefix(prefix)?;
    let number: u32 = text.parse().ok()?;
    (format!("{number:0digits$}") == text).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(path: &str) -> Option<Place> {
        file(&path.split('/').collect::<Vec<_>>())
    }

    #[test]
    fn files_are_known_by_their_place() {
        let control = Variant::Control("random-reinit-draw-2".parse().unwrap());
        let stage = |variant| Stage { replicate: 3, variant, round: 7 };
        for (path, expected) in [
            ("summary.csv", Some(Place::Summary)),
            ("replicate-3/round-07/round.json", Some(Place::OfTraining(stage(Variant::Ticket)))),
            (
                "replicate-3/round-07/controls/random-reinit-draw-2/ticket.safetensors",
                Some(Place::OfTraining(stage(control))),
            ),
            (
                "replicate-3/tensorboard/ticket/round-07/events.out.tfevents.lth",
                Some(Place::Events(stage(Variant::Ticket))),
            ),
            ("replicate-3/rewind.safetensors", Some(Place::OfReplicate(3))),
            ("figures/rounds/round-00.svg", Some(Place::Svg)),
            ("figures/accuracy-against-density.pdf", Some(Place::Pdf)),
            ("figures/accuracy-against-density.csv", Some(Place::Csv)),
            ("stability/30-points/pairs/replicate-0/round-01-ticket/0-1.json", Some(Place::Json)),
            ("summary.csv~", None),
            ("replicate-3/round-7/round.json", None),
            ("replicate-3/round-07/round (copy).json", None),
            ("replicate-03/round-07/round.json", None),
            ("replicate-3/round-07/controls/random_reinit/round.json", None),
            ("replicate-3/round-07/controls/nothing/round.json", None),
            ("figures/notes.txt", None),
            ("round-07/round.json", None),
        ] {
            assert_eq!(place(path), expected, "{path}");
        }
    }

    #[test]
    fn folders_are_those_of_files() {
        let is = |path: &str| is_folder(&path.split('/').collect::<Vec<_>>());
        for path in [
            "figures",
            "stability/copies/x",
            "replicate-0",
            "replicate-0/round-00/controls/random-reinit",
            "replicate-0/tensorboard/ticket/rounds",
        ] {
            assert!(is(path), "{path}");
        }
        for path in ["notes", "replicate-x", "replicate-0/round-0", "replicate-0/round-00/plots"] {
            assert!(!is(path), "{path}");
        }
    }
}
