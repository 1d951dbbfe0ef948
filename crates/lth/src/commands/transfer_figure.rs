//! The figure of a transfer: accuracy against density by kind of network.

use lth_lab::{
    TransferKind, TransferReport, TransferRow, TransferSettings, create_folder, data_name, short_name,
};
use lth_plot::{
    ControlKind, Curve, DensityLimits, DensityPanel, Heading, Measure, PlotError, Point, Style,
    density_figure,
};

use crate::{failure::Failure, figures, output::Messages};

/// Draws it into the transfer's folder.
///
/// # Errors
/// When a file cannot be written.
pub(super) fn draw(
    report: &TransferReport,
    settings: &TransferSettings,
    messages: &Messages,
) -> Result<(), Failure> {
    let target = &settings.target;
    let subtitle = format!(
        "{} from {} to {}, {}, {} a training: mean, minimum and maximum over replicates",
        short_name(&target.model),
        data_name(&settings.source_data),
        target.data_title(),
        settings.take,
        target.recipe.length
    );
    let panel =
        DensityPanel { facet: String::new(), measure: Measure::EarlyStopAccuracy, curves: curves(report) };
    let heading = Heading::new("Transferred tickets against density", subtitle);
    match density_figure(&heading, &[panel], &DensityLimits::default()) {
        Ok(figure) => {
            let folder = report.folder.join("figures");
            create_folder(&folder).map_err(Failure::failed_work)?;
            figures::write(&folder, "accuracy-against-density", &figure, true)?;
            messages.info(&format!("figure in {}", folder.display()));
            Ok(())
        }
        Err(PlotError::NoData { figure, reason }) => {
            messages.debug(&format!("no figure '{figure}': {reason}"));
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

fn curves(report: &TransferReport) -> Vec<Curve> {
    let curve = |kind: TransferKind| {
        let rounds = if kind == TransferKind::Dense { vec![0] } else { report.rounds() };
        let point = |round| {
            let density = report.sample(kind, round, |row| row.density)?.mean();
            Some(Point::of_replicates(density, report.of(kind, round).map(TransferRow::test_accuracy)))
        };
        let (label, style) = match kind {
            TransferKind::Transferred => ("transferred ticket", Style::Ticket),
            TransferKind::SameData => ("ticket of the same data", Style::Control(ControlKind::RandomMask)),
            TransferKind::Reinit => ("reinitialised ticket", Style::Control(ControlKind::RandomReinit)),
            TransferKind::RandomTicket => ("random ticket", Style::Control(ControlKind::ShuffledMask)),
            TransferKind::Dense => ("dense", Style::Dense),
        };
        Curve { label: label.to_owned(), style, points: rounds.into_iter().filter_map(point).collect() }
    };
    TransferKind::ALL.into_iter().map(curve).collect()
}
