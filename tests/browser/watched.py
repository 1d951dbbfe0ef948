"""The page of `lth watch`, while a run goes on."""

import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from common import LTH, SMALL, lth, opened, picture, say
from playwright.sync_api import Page, expect

COUNT = "() => page.data.trainings.round.length"


def stays_as_left(page: Page) -> None:
    """What one did lasts when more trainings are finished."""
    page.locator("#curves-chart").get_by_role("button", name="Zoom in").click()
    page.locator("#density-chart .u-legend button").first.click()
    page.locator("#curves-chart summary").click()
    page.locator("#trainings-table thead button", has_text="seconds").first.press("Enter")
    # Narrow, so that there is something to scroll.
    page.set_viewport_size({"width": 600, "height": 900})
    page.evaluate("() => { document.querySelector('#trainings .wide').scrollLeft = 100; }")
    look = """() => ({
        zoom: Object.values(document.getElementById('curves-chart').uplot.scales).map(({ min, max }) => [min, max]),
        shown: document.getElementById('density-chart').uplot.series[1].show,
        numbers: document.querySelector('#curves-chart details').open && document.querySelectorAll('#curves-chart details td').length > 0,
        left: document.querySelector('#trainings .wide').scrollLeft,
        top: scrollY,
        focused: document.activeElement.textContent,
    })"""
    # Scrolling is smooth.
    page.wait_for_timeout(1_000)
    before = page.evaluate(look)
    assert not before["shown"] and before["left"] == 100 and before["focused"] == "seconds", before
    count = page.evaluate(COUNT)
    page.wait_for_function(f"before => ({COUNT})() > before", arg=count, timeout=60_000)
    after = page.evaluate(look)
    assert after == before, (before, after)
    page.set_viewport_size({"width": 1200, "height": 900})


def stays_chosen(page: Page, other: Path, output: Path) -> None:
    """A run comes that stands before the chosen one, and with it columns before the one that is sorted by."""
    folder = page.locator("#details p code").inner_text()
    trainings = page.locator("#runs-table thead th", has_text="trainings")
    trainings.locator("button").click()
    before = page.locator("#runs-table thead th").count()
    shutil.copytree(other, "copied")
    os.rename("copied", output / "a-first-run")
    expect(page.locator("#runs-table tbody tr")).to_have_count(2, timeout=20_000)
    assert page.evaluate("() => page.data.runs[0].name") == "a-first-run"
    assert page.locator("#runs-table thead th").count() > before
    expect(page.locator("#details p code")).to_have_text(folder)
    expect(trainings).to_have_attribute("aria-sort", "descending")


def watching(browser) -> None:
    other = Path(lth("find-winning-ticket", "lenet-300-100", "mnist", "-i", "1", "--print-folder", *SMALL).splitlines()[-1])
    output = Path("live")
    output.mkdir()
    server = subprocess.Popen([LTH, "watch", str(output), "--port", "0"], stdout=subprocess.PIPE, text=True)
    try:
        address = server.stdout.readline().strip()
        run = subprocess.Popen([LTH, "find-winning-ticket", "lenet-300-100", "mnist", "-i", "40", "--replicates", "20", "--output-path",
                                str(output), "--length", "1000it", *SMALL[2:]], stdout=subprocess.DEVNULL)
        time.sleep(1)
        with opened(browser, address) as page:
            expect(page.locator("#live")).to_have_text("live", timeout=20_000)
            before = page.evaluate(COUNT)
            page.locator("#trainings-table-filter").fill("ticket")
            page.wait_for_function(f"before => ({COUNT})() > before + 2", arg=before, timeout=60_000)
            # What was typed stays, and where.
            expect(page.locator("#trainings-table-filter")).to_have_value("ticket")
            expect(page.locator("#trainings-table-filter")).to_be_focused()
            picture(page, "watch")
            expect(page.locator("#runs")).to_contain_text("At work", timeout=20_000)
            stays_as_left(page)
            stays_chosen(page, other, output)
            run.send_signal(signal.SIGTERM)
            run.wait()
            page.wait_for_function("() => page.data.runs.at(-1).state === 'unfinished'", timeout=60_000)
            server.terminate()
            expect(page.locator("#live")).to_contain_text("does not answer", timeout=20_000)
            assert page.evaluate(COUNT) > before
    finally:
        run.kill()
        server.kill()
    say("watch: new rounds appear while one types, and the page outlives its server")
