"""Opens the pages of `lth report` and `lth watch` in Chromium and uses them: pages.py LTH CHROMIUM [PICTURES]"""

import os
import re
import shutil
import time
from pathlib import Path

from common import CHROMIUM, PICTURES, SMALL, lth, opened, picture, say
from playwright.sync_api import Page, expect, sync_playwright
from watched import watching

SCALE = "id => { const { min, max } = document.getElementById(id).uplot.scales.x; return [min, max]; }"


def column(page: Page, table: str, title: str) -> list[str]:
    heads = page.locator(f"{table} thead th").all_inner_texts()
    place = [head.strip() for head in heads].index(title) + 1
    return page.locator(f"{table} tbody td:nth-child({place})").all_inner_texts()


def numbers(texts: list[str]) -> list[float]:
    return [float(text) for text in texts]


def sorts_and_filters(page: Page) -> None:
    table = "#trainings-table"
    head = page.locator(f"{table} thead th", has_text="test accuracy %").first
    head.locator("button").click()
    expect(head).to_have_attribute("aria-sort", "descending")
    falling = numbers(column(page, table, "test accuracy %"))
    assert falling == sorted(falling, reverse=True) and falling[0] > falling[-1], falling
    head.locator("button").press("Enter")
    expect(head).to_have_attribute("aria-sort", "ascending")
    rising = numbers(column(page, table, "test accuracy %"))
    assert rising == sorted(rising), rising
    page.locator("#trainings-table-filter").fill("random-reinit")
    assert set(column(page, table, "network")) == {"random-reinit"}
    page.locator("#trainings-table-filter").fill("no such word")
    assert column(page, table, "network") == []
    page.locator("#trainings-table-filter").fill("")


def hovers_and_zooms(page: Page) -> None:
    chart = page.locator("#density-chart")
    over = chart.locator(".u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    tip = chart.locator(".tip")
    expect(tip).to_be_visible()
    lines = tip.inner_text().split("\n")
    assert re.fullmatch(r"density % [\d.]+", lines[1]), lines
    assert re.fullmatch(r"test accuracy % \d+\.\d\d", lines[2]) and "seeds" in lines[3], lines
    whole = page.evaluate(SCALE, "curves-chart")
    over = page.locator("#curves-chart .u-over")
    over.scroll_into_view_if_needed()
    box = over.bounding_box()
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 24, steps=5)
    page.mouse.up()
    near = page.evaluate(SCALE, "curves-chart")
    assert near[1] - near[0] < 0.5 * (whole[1] - whole[0]), (near, whole)
    page.locator("#theme").click()
    assert page.evaluate(SCALE, "curves-chart") == near
    page.pdf()
    assert page.evaluate(SCALE, "curves-chart") == near
    page.locator("#theme").click()
    page.locator("#curves-chart").get_by_role("button", name="Whole").click()
    assert page.evaluate(SCALE, "curves-chart") == whole


def is_read_by_keyboard(page: Page) -> None:
    chart = page.locator("#density-chart")
    chart.focus()
    for _ in range(2):
        page.keyboard.press("ArrowRight")
    spoken = chart.locator(".spoken")
    expect(spoken).to_contain_text(re.compile(r"density % [\d.]+: .*ticket \d+\.\d\d"))
    page.keyboard.press("ArrowRight")
    third = spoken.inner_text()
    page.keyboard.press("ArrowLeft")
    assert spoken.inner_text() != third
    # Drawn again, it is read on from where one was.
    page.locator("#theme").click()
    page.locator("#theme").click()
    chart.focus()
    page.keyboard.press("ArrowRight")
    expect(spoken).to_have_text(third)
    entry = chart.locator(".u-legend").get_by_role("button", name="random-reinit")
    for key, pressed in [("Space", "false"), ("Enter", "true")]:
        entry.press(key)
        expect(entry).to_have_attribute("aria-pressed", pressed)
        shown = page.evaluate("() => document.getElementById('density-chart').uplot.series.map((series) => series.show)")
        assert all(shown) == (pressed == "true"), shown
    unnamed = page.evaluate(
        """() => [...document.querySelectorAll("button, select, input, canvas[role], a")]
        .filter((one) => !(one.innerText || one.labels?.length || one.getAttribute("aria-label"))).map((one) => one.outerHTML)"""
    )
    assert not unnamed, unnamed


def slides_over_rounds(page: Page) -> None:
    slider = page.locator("#layer-round")
    shown = "() => [...document.querySelectorAll('#masks canvas')].map((one) => one.toDataURL())"
    last = page.evaluate(shown)
    slider.focus()
    page.keyboard.press("Home")
    first = page.evaluate(shown)
    assert len(first) >= 2 and first != last
    expect(page.locator("#masks output")).to_contain_text("round 0, 100 %")
    assert "round 0" in slider.get_attribute("aria-valuetext")


def prints(page: Page) -> None:
    rows = "() => document.querySelectorAll('#settings-table tbody tr').length"
    page.evaluate(f"() => addEventListener('beforeprint', () => {{ window.printed = ({rows})(); }})")
    pdf = page.pdf(format="A4")
    assert pdf.startswith(b"%PDF") and len(pdf) > 20_000
    assert page.evaluate(rows) == 25 < page.evaluate("() => window.printed")
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
        (PICTURES / "report.pdf").write_bytes(pdf)
    # The same on a screen as wide as A4 between its margins.
    screen = page.viewport_size
    page.set_viewport_size({"width": 703, "height": 1000})
    page.emulate_media(media="print")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    assert not page.locator("nav").is_visible() and page.locator("#density canvas").first.is_visible()
    wide = page.evaluate("() => Math.max(...[...document.querySelectorAll('table, .plot')].map((one) => one.getBoundingClientRect().right))")
    assert wide <= 703, f"what is printed is {wide} wide"
    expect(page.locator("#settings-table [role=status]")).to_be_visible()
    expect(page.locator("#settings-table [role=status]")).to_have_text(f"{page.evaluate(rows)} rows")
    for menu in page.locator("#curves select").all():
        expect(page.locator(f"#{menu.get_attribute('id')} + span")).to_be_visible()
        expect(page.locator(f"#{menu.get_attribute('id')} + span")).to_have_text(menu.locator("option:checked").text_content())
    expect(page.locator("#masks output")).to_be_visible()
    page.emulate_media(media="screen")
    page.set_viewport_size(screen)
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")


def one_run(browser) -> None:
    run = lth("find-winning-ticket", "lenet-300-100", "mnist", "-i", "3", "--replicates", "2", "--keep", "all",
              "--control", "random-reinit", "--print-folder", *SMALL).splitlines()[-1]
    file = Path(lth("report", run)).resolve()
    # It is one file: it works wherever it lies.
    alone = Path("alone.html").resolve()
    shutil.copy(file, alone)
    with opened(browser, alone.as_uri()) as page:
        picture(page, "run")
        sorts_and_filters(page)
        hovers_and_zooms(page)
        is_read_by_keyboard(page)
        slides_over_rounds(page)
        prints(page)
    with opened(browser, file.as_uri(), color_scheme="dark", viewport={"width": 400, "height": 800}) as page:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 23, 28)"
        picture(page, "run-narrow-dark")
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= 400, f"the page is {wide} wide"
        page.locator("#theme").click()
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for link in page.locator("#details p a").all():
            path = Path(page.evaluate("one => decodeURIComponent(new URL(one.href).pathname)", link.element_handle()))
            assert path.exists(), path
    say("one run: sorting, filters, hover, zoom, keyboard, slider, print, dark and narrow")


def names_the_run_of_its_curves(page: Page) -> None:
    expect(page.locator("#curves-run option:checked")).to_have_text(page.locator("#verdict h3").inner_text())


def a_sweep(browser) -> None:
    sweep = lth("sweep", "lenet-300-100", "mnist", "--axis", "criterion=large-final,random,movement", "-i", "2",
                "--print-folder", *SMALL).splitlines()[-1]
    with opened(browser, Path(lth("report", sweep)).resolve().as_uri()) as page:
        page.locator("#runs-table thead button", has_text="criterion").click()
        assert column(page, "#runs-table", "criterion") == ["large-final", "movement", "random"]
        legend = page.locator("#density-chart .u-legend")
        expect(legend).to_contain_text("criterion movement")
        page.locator("#runs-table .pick").first.click()
        page.locator("#runs-table-filter").fill("random")
        expect(page.locator("#density-chart .u-legend")).not_to_contain_text("movement")
        # The chosen run is drawn where the table does not show it.
        names_the_run_of_its_curves(page)
        page.locator("#runs-table-filter").fill("")
        page.locator("#runs-table .pick").nth(2).press("Enter")
        expect(page.locator("#verdict h3")).to_have_text("criterion random")
        expect(page.locator("#runs-table .pick").nth(2)).to_be_focused()
        picture(page, "sweep")
        prints(page)
    say("a sweep: what is drawn follows the table of runs")


def unlike_runs(browser) -> None:
    """Two runs, of which each has curves that the other has not."""
    small = ("find-winning-ticket", "lenet-300-100", "mnist", "-i", "2", "--output-path", "unlike", "--print-folder", *SMALL)
    unvalidated = lth(*small, "--validation", "0", "--name", "unvalidated").splitlines()[-1]
    controlled = lth(*small, "--control", "random-reinit", "--name", "controlled").splitlines()[-1]
    lines = "() => document.getElementById('curves-chart').uplot.data.slice(1).filter((line) => line.some((value) => value !== null)).length"
    chosen = lambda name: page.locator(f"#curves-{name} option:checked")
    with opened(browser, Path(lth("report", unvalidated, controlled, "--output", "unlike.html")).resolve().as_uri()) as page:
        page.locator("#curves-run").select_option(label="unvalidated")
        assert page.evaluate(lines) == 2
        expect(page.locator("#curves-figure")).not_to_contain_text("validation")
        page.locator("#curves-run").select_option(label="controlled")
        expect(chosen("figure")).to_have_text("validation loss")
        page.locator("#curves-variant").select_option("random-reinit")
        assert page.evaluate(lines) == 1
        page.locator("#curves-run").select_option(label="unvalidated")
        assert page.evaluate(lines) == 2
        expect(page.locator("#curves-variant")).to_have_count(0)
        page.locator("#curves-run").select_option(label="controlled")
        expect(chosen("variant")).to_have_text("random-reinit")
    say("unlike runs: learning curves are of what the run has")


def a_failed_run(browser) -> None:
    words = ["sweep", "lenet-300-100", "mnist", "--axis", "learning-rate=0.1,1e30", "--optimizer", "sgd", "-i", "2", "--output-path", "failed"]
    lth(*words, *SMALL)
    with opened(browser, Path(lth("report", "failed", "--output", "failed.html")).resolve().as_uri()) as page:
        assert set(column(page, "#runs-table", "state")) == {"finished", "failed"}
        expect(page.locator("#failed")).to_contain_text("Failed: 1 run")
        expect(page.locator("#runs")).to_contain_text("replicate 0, round 0: the loss is not a finite number any more")
        picture(page, "failed")
    say("a failed run: its reason stands above the table of runs")


def a_thousand_runs(browser) -> None:
    # One run under a thousand names and learning rates; what does not differ is one file on disk.
    source = Path(lth("find-winning-ticket", "lenet-300-100", "mnist", "-i", "2", "--print-folder", *SMALL).splitlines()[-1])
    text = (source / "experiment.toml").read_text()
    link = lambda path, copy: None if path.endswith("experiment.toml") else os.link(path, copy)
    for place in range(1000):
        folder = Path("many") / f"run-{place:04}"
        shutil.copytree(source, folder, ignore=shutil.ignore_patterns("tensorboard"), copy_function=link)
        rate = f"learning_rate = {0.0001 * (place + 1):.4f}"
        (folder / "experiment.toml").write_text(re.sub(r"learning_rate = \S+", rate, text))
    begun = time.monotonic()
    file = Path(lth("report", "many", "--output", "many.html"))
    made = time.monotonic() - begun
    size = file.stat().st_size / 1e6
    begun = time.monotonic()
    with opened(browser, file.resolve().as_uri()) as page:
        seen = time.monotonic() - begun
        expect(page.locator("#runs-table [role=status]")).to_have_text("1000 rows")
        page.locator("#runs-table .pick").nth(13).click()
        names_the_run_of_its_curves(page)
        page.locator("#runs-table-filter").fill("0.0777")
        expect(page.locator("#runs-table [role=status]")).to_have_text("1 of 1000 rows")
        picture(page, "thousand")
    say(f"1,000 runs: written in {made:.1f} s, {size:.1f} MB, shown in {seen:.1f} s")
    assert size < 20, size


with sync_playwright() as play:
    browser = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
    say(f"Chromium {browser.version}")
    one_run(browser)
    a_sweep(browser)
    unlike_runs(browser)
    a_failed_run(browser)
    a_thousand_runs(browser)
    watching(browser)
    browser.close()
