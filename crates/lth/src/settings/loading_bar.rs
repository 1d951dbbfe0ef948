//! How far a data set is while it is downloaded or decoded.

use indicatif::{ProgressBar, ProgressStyle};
use lth_data::LoadProgress;

use crate::output::Messages;

/// A bar that appears with the first report; none at all when nothing takes time.
#[derive(Default)]
pub(super) struct LoadingBar {
    bar: Option<ProgressBar>,
}

impl LoadingBar {
    /// Shows a report.
    pub(super) fn show(&mut self, progress: &LoadProgress, messages: &Messages) {
        match progress {
            LoadProgress::Download(download) => {
                let template = "{bar:16} {eta} left  {bytes}/{total_bytes}  {prefix}  {bytes_per_sec}";
                let start = || format!("downloading from {}", download.mirror);
                let bar = self.bar(template, start, messages);
                bar.set_prefix(format!("{}/{} {}", download.number, download.of, download.file));
                if let Some(total) = download.total {
                    bar.set_length(total);
                }
                bar.set_position(download.received);
            }
            LoadProgress::Elsewhere { dataset, folder, source } => {
                messages.info(&format!(
                    "{dataset} is not in '{}'; it is taken from elsewhere: {source}",
                    folder.display()
                ));
            }
            LoadProgress::Decode { done, total } => {
                if *done == 0 {
                    self.finish();
                }
                let template = "{bar:16} {eta} left  decoding {pos}/{len} images";
                let bar = self.bar(template, || format!("decoding {total} images"), messages);
                bar.set_length(*total as u64);
                bar.set_position(*done as u64);
            }
        }
    }

    /// Takes the bar away.
    pub(super) fn finish(&mut self) {
        if let Some(bar) = self.bar.take() {
            bar.finish_and_clear();
        }
    }

    fn bar(&mut self, template: &str, start: impl FnOnce() -> String, messages: &Messages) -> &ProgressBar {
        self.bar.get_or_insert_with(|| {
            messages.info(&start());
            let bar = messages.bars().add(ProgressBar::new(0));
            bar.set_style(
                ProgressStyle::with_template(template).expect("the template is valid").progress_chars("=> "),
            );
            bar
        })
    }
}
