//! Schedules against PyTorch's `lr_scheduler`, in text and in files.

use lth_model::{Hint, Schedule, Step};

/// Iterations of the trainings here, 10 an epoch.
const ALL: u64 = 30;

fn schedule(text: &str) -> Schedule {
    text.parse().unwrap_or_else(|error| panic!("{error}"))
}

fn factor(text: &str, iteration: u64) -> f64 {
    schedule(text).factor(iteration, 10, ALL)
}

/// Rates that PyTorch 2's schedulers gave for a base rate of 1.
#[test]
fn factors_are_pytorchs() {
    let cases: [(&str, &[(u64, f64)]); 12] = [
        (
            "milestones:20it,25it,0.1", // MultiStepLR([20, 25], 0.1)
            &[(0, 1.0), (19, 1.0), (20, 0.1), (24, 0.1), (25, 0.010_000_000_000_000_002), (29, 0.01)],
        ),
        ("cosine", &[(0, 1.0), (1, 0.997_260_947_684_136_6), (15, 0.5), (29, 0.002_739_052_315_863_298_7)]),
        (
            "cosine:0.01", // CosineAnnealingLR(30, eta_min=0.01)
            &[(0, 1.0), (1, 0.997_288_338_207_295_2), (15, 0.505), (29, 0.012_711_661_792_704_667)],
        ),
        ("linear", &[(0, 1.0), (1, 0.966_666_666_666_666_7), (15, 0.5), (29, 0.033_333_333_333_333_35)]),
        ("linear:0.1", &[(0, 1.0), (1, 0.97), (15, 0.55), (29, 0.13)]),
        ("exponential:0.9,1it", &[(0, 1.0), (1, 0.9), (2, 0.81), (29, 0.047_101_286_972_462_49)]),
        (
            "exponential:0.5", // StepLR(10, 0.5)
            &[(0, 1.0), (9, 1.0), (10, 0.5), (19, 0.5), (20, 0.25), (29, 0.25)],
        ),
        (
            "one-cycle", // OneCycleLR(total_steps=30)
            &[
                (0, 0.04),
                (1, 0.076_537_824_394_582_45),
                (7, 0.963_462_175_605_417_6),
                (8, 1.0),
                (9, 0.994_415_435_450_911_7),
                (28, 0.005_588_564_549_088_188),
                (29, 4e-6),
            ],
        ),
        (
            // OneCycleLR(pct_start=0.25, anneal_strategy="linear", div_factor=5, final_div_factor=10)
            "triangular:0.25,0.2,0.02",
            &[
                (0, 0.2),
                (1, 0.323_076_923_076_923_1),
                (6, 0.938_461_538_461_538_5),
                (7, 0.978_222_222_222_222_2),
                (8, 0.934_666_666_666_666_6),
                (28, 0.063_555_555_555_555_48),
                (29, 0.02),
            ],
        ),
        (
            "warmup:22it+milestones:20it,25it,0.1", // LambdaLR(min(1, i / 22) * 0.1 ** ((i >= 20) + (i >= 25)))
            &[
                (0, 0.0),
                (1, 0.045_454_545_454_545_456),
                (19, 0.863_636_363_636_363_6),
                (20, 0.090_909_090_909_090_91),
                (21, 0.095_454_545_454_545_45),
                (22, 0.1),
                (25, 0.01),
            ],
        ),
        (
            "warmup:1ep+cosine", // SequentialLR([LambdaLR(i / 10), CosineAnnealingLR(20)], [10])
            &[
                (0, 0.0),
                (1, 0.1),
                (9, 0.9),
                (10, 1.0),
                (11, 0.993_844_170_297_568_9),
                (20, 0.5),
                (29, 0.006_155_829_702_431_171),
            ],
        ),
        ("constant", &[(0, 1.0), (29, 1.0), (1_000_000, 1.0)]),
    ];
    for (text, rates) in cases {
        for &(iteration, expected) in rates {
            let found = factor(text, iteration);
            assert!((found - expected).abs() < 1e-15, "{text} at {iteration}: {found}, not {expected}");
        }
    }
}

#[test]
fn factors_stay_finite_at_all_lengths() {
    for text in
        ["cosine", "linear", "one-cycle", "triangular:0.9", "warmup:5it+one-cycle", "warmup:5it+linear"]
    {
        for all in [1, 2, 3, 4, 6] {
            for iteration in 0..2 * all {
                let found = schedule(text).factor(iteration, 1, all);
                assert!((0.0..=1.0).contains(&found), "{text} at {iteration} of {all}: {found}");
            }
        }
    }
}

#[test]
fn a_text_is_what_was_written() {
    for text in [
        "constant",
        "milestones:20000it,25000it,0.1",
        "milestones:80ep,0",
        "cosine",
        "cosine:0.001",
        "linear:0.5",
        "exponential:0.95,1ep",
        "exponential:0.999,2ep1it",
        "one-cycle",
        "one-cycle:0.25",
        "triangular:0.25,0.2,0.02",
        "warmup:10000it+constant",
        "warmup:1ep+milestones:80ep,120ep,0.1",
    ] {
        assert_eq!(schedule(text).to_string(), text);
    }
    assert_eq!(schedule("warmup:5it"), schedule("warmup:5it+constant"));
    assert_eq!(schedule("exponential:0.95"), schedule("exponential:0.95,1ep"));
}

#[test]
fn a_file_is_what_was_written() {
    for text in
        ["constant", "cosine:0.1", "triangular", "warmup:1ep+milestones:80ep,120ep,0.1", "exponential:0.9"]
    {
        let file = toml::to_string(&schedule(text)).unwrap();
        assert_eq!(toml::from_str::<Schedule>(&file).unwrap(), schedule(text), "{file}");
    }
    let file = toml::to_string(&schedule("warmup:10it+milestones:80ep,0.1")).unwrap();
    assert_eq!(
        file,
        "name = \"warmup\"\nlength = \"10it\"\n\n[then]\nname = \"milestones\"\nat = [\"80ep\"]\nfactor = 0.1\n"
    );
    assert!(toml::from_str::<Schedule>("name = \"cosine\"\nfinal = 0.1\n").is_err());
}

#[test]
fn a_warmup_replaces_a_warmup() {
    let step = Step::from_iterations;
    let warm = Schedule::Constant.with_warmup(step(5));
    assert_eq!(warm.clone().with_warmup(step(7)).to_string(), "warmup:7it+constant");
    assert_eq!(warm.with_warmup(Step::ZERO), Schedule::Constant);
}

#[test]
fn nonsense_is_refused_with_a_hint() {
    for (text, part) in [
        ("", "there is no schedule ''"),
        ("cosin", "there is no schedule 'cosin'"),
        ("constant:1", "another number of settings"),
        ("milestones", "another number of settings"),
        ("milestones:0.1", "there must be at least one"),
        ("milestones:20000,0.1", "'20000' is not a step: a unit is missing"),
        ("milestones:5it,x", "'x' is not a number"),
        ("milestones:5it,-1", "at least 0"),
        ("cosine:nan", "at least 0"),
        ("linear:-0.1", "at least 0"),
        ("exponential:0.9,0it", "longer than 0"),
        ("one-cycle:1", "strictly between 0 and 1"),
        ("one-cycle:0.3,0.1", "another number of settings"),
        ("warmup:0it", "longer than 0"),
        ("warmup:1it+warmup:1it+constant", "before another warm-up"),
    ] {
        let error = text.parse::<Schedule>().unwrap_err();
        assert!(error.to_string().contains(part), "{text}: {error}");
        assert!(error.hint().is_some_and(|hint| !hint.is_empty()), "{text}");
    }
    assert!("cosin".parse::<Schedule>().unwrap_err().hint().unwrap().starts_with("did you mean 'cosine'?"));
}
