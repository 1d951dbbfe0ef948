"""The program, a browser's page of it, and what both kinds of pages are asked."""

import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

LTH, CHROMIUM = sys.argv[1:3]
PICTURES = Path(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else None
BEGUN = time.monotonic()
SMALL = "--length 300it --evaluate-every 50 --no-figures --quiet".split()


def say(text: str) -> None:
    print(f"   {time.monotonic() - BEGUN:5.1f} s  {text}", flush=True)


def lth(*words: str) -> str:
    done = subprocess.run([LTH, *words], capture_output=True, text=True)
    assert done.returncode == 0, f"lth {' '.join(words)}: {done.stderr}"
    return done.stdout.strip()


@contextmanager
def opened(browser, address: str, **options):
    """A page without a word on the console and without a request to anywhere else."""
    context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | options))
    page = context.new_page()
    said, asked = [], []
    page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    try:
        page.wait_for_selector("#details", timeout=30_000)
    except Exception:
        print("the page is empty; it said", said, file=sys.stderr)
        raise
    yield page
    own = address.rsplit("/", 1)[0]
    elsewhere = [url for url in asked if not url.startswith((own, "data:"))]
    context.close()
    # A server that went away is said by the browser itself.
    said = [text for text in said if "ERR_CONNECTION_REFUSED" not in text]
    assert not said, said
    assert not elsewhere, elsewhere


def picture(page: Page, name: str) -> None:
    if PICTURES:
        PICTURES.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=PICTURES / f"{name}.png", full_page=True)
