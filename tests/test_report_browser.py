"""A report in a real browser: what it shows, what its controls do, and that it asks for nothing."""

import json
import shutil

import pytest
from report_runs import row, write_run, write_store

import pynoise

webdriver = pytest.importorskip("selenium.webdriver", reason="needs the package selenium")
from selenium.webdriver.common.keys import Keys  # noqa: E402 - after the check that it is there
from selenium.webdriver.support.ui import WebDriverWait  # noqa: E402

HOSTILE = "x</script><img src=x onerror=\"window.hacked=1\"><a href='javascript:window.hacked=2'>x</a>%{x}"


@pytest.fixture(scope="module")
def browser():
    """Chromium without a window."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    driver = shutil.which("chromedriver")
    if chromium is None or driver is None:
        pytest.skip(
            "needs Chromium and its driver (Debian, Ubuntu: apt-get install chromium chromium-driver)"
        )
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--window-size=1280,1000"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    opened = webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
    yield opened
    opened.quit()


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """The address of a report on a sweep and on runs."""
    folder = tmp_path_factory.mktemp("report")
    rows = [
        row(noise=noise, level=level, k=k, seed=seed, accuracy=accuracy)
        for noise in ("flip", "uniform")
        for level in (0.0, 0.2)
        for k in (1, 11)
        for seed, accuracy in ((0, 0.9 - level * 2 / k), (1, 0.92 - level * 2 / k))
    ]
    rows += [row(method="analytic", level=level, seed=None, accuracy=0.9 - level) for level in (0.0, 0.2)]
    tools = {"processor": "slide rule"}
    rows += [row(method="odd", network="mlp", k=None, state="failed", error=HOSTILE, hardware=tools)]
    for seed in (0, 1):
        write_run(folder / f"runs/gce/{seed}", seed=seed, accuracy=0.81 + 0.02 * seed)
        write_run(folder / f"runs/other/{seed}", method=HOSTILE, noise=HOSTILE, level=0.4, seed=seed)
    write_store(folder / "sweep.db", rows)
    pynoise.report([folder / "sweep.db", folder / "runs"], folder / "report.html")
    return (folder / "report.html").as_uri()


@pytest.fixture
def shown(browser, page):
    """The browser with the page; in the end it must have had no error, and fetched nothing else."""
    browser.get("about:blank")
    for log in ("browser", "performance"):
        browser.get_log(log)
    browser.get(page)
    yield browser
    assert [entry for entry in browser.get_log("browser") if entry["level"] == "SEVERE"] == []
    events = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [one["params"]["request"]["url"] for one in events if one["method"] == "Network.requestWillBeSent"]
    assert {address.partition("#")[0] for address in sent} == {page}
    assert browser.execute_script("return window.hacked") is None


def find(browser, selector):
    return browser.find_element("css selector", selector)


def texts(browser, selector):
    script = "return [...document.querySelectorAll(arguments[0])].map((one) => one.textContent)"
    return browser.execute_script(script, selector)


def cells(browser, title, section="results"):
    """A column of a table."""
    headings = [text.strip() for text in texts(browser, f"#{section} th")]
    return texts(browser, f"#{section} tbody td:nth-child({headings.index(title) + 1})")


def drawn(browser):
    """The names of the lines in each panel of the first chart, by the panel's title."""
    script = (
        "return [...document.querySelectorAll('#curves figure')].map((one) => "
        "[one.firstChild.textContent, one.lastChild.data.map((line) => line.name)])"
    )
    return dict(browser.execute_script(script))


def box(browser, name, value):
    return find(browser, f"#filters input[name='{name}'][value='{value}']")


def test_the_page_says_what_it_is_of(shown):
    assert shown.title == "digits – pynoise report"
    assert find(shown, "h1").text == "Label noise on digits"
    counts = dict(zip(texts(shown, "#counts dt"), texts(shown, "#counts dd"), strict=True))
    assert counts == {"trials": "23", "done": "22", "failed": "1"}
    assert list(drawn(shown)) == ["flip", "uniform", HOSTILE]
    assert drawn(shown)["flip"] == ["K = 1, measured", "K = 11, predicted", "K = 11, measured", "gce"]
    assert "gce" in texts(shown, "#curves .legend li")
    assert cells(shown, "Error", "failed") == [HOSTILE]
    assert HOSTILE in texts(shown, "#results td")
    assert "processor slide rule" in texts(shown, "#provenance dd")


def test_filters_change_table_chart_and_address(shown):
    before = cells(shown, "Noise")
    assert before.count("flip") == 8
    box(shown, "noise", "flip").click()
    assert cells(shown, "Noise") == [one for one in before if one != "flip"]
    assert "flip" not in drawn(shown)
    assert texts(shown, "#results .count") == [f"{len(before) - 8} of {len(before)} rows"]
    box(shown, "K", "1").send_keys(Keys.SPACE)  # by the keyboard
    assert drawn(shown)["uniform"] == ["K = 11, measured"]
    assert "1" not in cells(shown, "K")
    # The address alone brings it back, in another window say.
    address = shown.current_url
    shown.get("about:blank")
    shown.get(address)
    assert list(drawn(shown)) == ["uniform", HOSTILE]
    assert not box(shown, "noise", "flip").is_selected()
    assert box(shown, "noise", "uniform").is_selected()
    box(shown, "noise", "flip").click()
    box(shown, "K", "1").click()
    assert cells(shown, "Noise") == before
    assert shown.current_url.endswith("#")


def test_all_and_none(shown):
    none, every = (
        find(shown, f"#filters button[aria-label='Show {word} of Method']") for word in ("none", "all")
    )
    none.click()
    assert drawn(shown) == {}
    assert find(shown, "#curves .note").text == "Nothing is left by the filters."
    every.click()
    assert len(drawn(shown)) == 3


def test_headings_sort(shown):
    def click():
        find(shown, "#results button[data-key='accuracy']").click()
        column = [float(text.split()[0]) for text in cells(shown, "Accuracy") if text != "–"]
        return find(shown, "#results th[aria-sort$='ending']").get_attribute("aria-sort"), column

    before = cells(shown, "Accuracy")
    up, rising = click()
    down, falling = click()
    assert (up, down) == ("ascending", "descending")
    assert rising == sorted(rising) != falling == sorted(falling, reverse=True)
    assert cells(shown, "Accuracy")[-1] == "–"  # what is missing comes last
    assert sorted(before) == sorted(cells(shown, "Accuracy"))
    shown.refresh()
    assert [float(text.split()[0]) for text in cells(shown, "Accuracy") if text != "–"] == falling


def hovered(browser, panel):
    """What the first point of the last line of a panel says under the mouse."""
    figure = find(browser, f"#curves figure:{panel}-child")
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", figure)
    point = figure.find_element("css selector", ".scatterlayer .trace:last-child .point")
    webdriver.ActionChains(browser).move_to_element(point).perform()
    shown = f"#curves figure:{panel}-child .hovertext"
    WebDriverWait(browser, 10).until(lambda _: texts(browser, shown))
    (words,) = texts(browser, shown)
    return words


def test_hovering_over_a_point_tells_its_numbers(shown):
    words = hovered(shown, "first")
    assert "gce" in words
    assert "level γ 0.2" in words
    assert "accuracy 0.8200 ± 0.0141" in words
    assert "realised rate 0.2000" in words
    assert "2 runs, seeds 0, 1" in words
    assert hovered(shown, "last").startswith(f"{HOSTILE}{HOSTILE}, level γ 0.4")


def test_courses_by_epoch(shown):
    def courses():
        script = "return [...document.querySelectorAll('#courses figure > div')].map((one) => one.data[0].y)"
        return shown.execute_script(script)

    find(shown, "#level option[value='0.2']").click()
    assert courses() == [[pytest.approx(0.52), pytest.approx(0.62), pytest.approx(0.72)]]
    find(shown, "#measure option[value='train_loss']").click()
    assert courses() == [[pytest.approx(one, abs=1e-6) for one in (1, 1 / 2, 1 / 3)]]
    assert "measure=train_loss" in shown.current_url


def test_a_phone_is_wide_enough(shown):
    narrow = {"width": 360, "height": 800, "deviceScaleFactor": 2, "mobile": True}
    shown.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", narrow)
    try:
        shown.refresh()
        assert shown.execute_script("return [innerWidth, document.documentElement.scrollWidth]") == [360, 360]
    finally:
        shown.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def test_dark_and_light(shown):
    def colours():
        script = (
            "return [getComputedStyle(document.body).backgroundColor, "
            "getComputedStyle(document.querySelector('#curves .xtitle')).fill]"
        )
        return shown.execute_script(script)

    light = colours()
    dark = {"features": [{"name": "prefers-color-scheme", "value": "dark"}]}
    shown.execute_cdp_cmd("Emulation.setEmulatedMedia", dark)
    try:
        WebDriverWait(shown, 10).until(lambda _: all(a != b for a, b in zip(colours(), light, strict=True)))
    finally:
        shown.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
