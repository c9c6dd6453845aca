"""An instructor in the form grader: reads answers, of whatever kind, gives points and a comment."""

from __future__ import annotations

import re
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from nbconvert.exporters import HTMLExporter
from selenium.webdriver import Chrome, Keys
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from tests.browser.accessibility import low_contrasts, overflow, unnamed
from tests.browser.page import eventually, open_browser, requests_of
from tests.grading.answers import HONEST, HOSTILE, PICTURE
from tests.grading.graded import autograde, graded_course, mark
from tests.workspace.conftest import start_tito
from tito.course.lessons import lessons_in
from tito.grading.autograding.marking import CellMark
from tito.grading.autograding.outcome import GRADED, Outcome, outcome_store
from tito.grading.course import GradingCourse
from tito.grading.gradebook import open_gradebook
from tito.grading.pages.sanitize import safe_markdown
from tito.grading.statistics.page import write_statistics

ROOT = Path(__file__).resolve().parents[2]
(BPR,) = (
    lesson
    for lesson in lessons_in(ROOT / "modules", ROOT / "notebooks" / "release")
    if lesson.name == "bpr"
)
MISSING = [name for name in ("chromium", "chromedriver") if shutil.which(name) is None]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(bool(MISSING), reason=f"{' and '.join(MISSING)} not installed"),
]
ATTACHMENTS = {"plot.png": {"image/png": PICTURE}}
ANSWER = HONEST[1] + "\n\n$$\\hat x_{ui} = \\sum_{f=1}^d p_{uf} \\, q_{if}$$"
RUNS = [text.replace("alert(1)", "ran=1").replace("x=1", "ran=1") for text in HOSTILE]
FULL_PAGE = "<div style='position:fixed;top:0;left:0;width:100%;height:100%;z-index:9999'>x</div>"


@pytest.fixture
def course(tmp_path: Path) -> GradingCourse:
    """Ada is honest; eve is not, and mallory's answer got past what should have made it safe."""
    course = graded_course(tmp_path / "course", BPR)
    hostile = "\n\n".join([*RUNS, FULL_PAGE])
    safe = "\n\n".join(safe_markdown(text) for text in [*RUNS, FULL_PAGE])
    for student, answers in {
        "ada": {"cost_of_a_triple": ANSWER},
        "eve": {"cost_of_a_triple": "harmless", "stale_row": safe},
        "mallory": {"stale_row": hostile.replace("attachment:nope.png", "x")},
    }.items():
        autograde(course, BPR, student, answers=answers, attachments=ATTACHMENTS)
    return course


@pytest.fixture
def browser(tmp_path: Path) -> Iterator[Chrome]:
    browser = open_browser(tmp_path / "profile")
    yield browser
    browser.quit()


@pytest.fixture
def address(course: GradingCourse, tmp_path: Path) -> Iterator[str]:
    """Where the form grader is, as `tito grade review 5` prints it."""
    log = tmp_path / "review.log"
    with log.open("w") as output:
        server = start_tito(
            "grade", "review", BPR.number, "--no-browser", cwd=course.root, output=output
        )
    try:
        yield eventually(lambda: re.findall(r"http://\S+", log.read_text()), "server")[0]
    finally:
        server.send_signal(signal.SIGINT)
        assert server.wait(60) == 0, log.read_text()
    assert log.read_text().endswith("Ended.\n")
    assert "Traceback" not in log.read_text()


def one(browser: Chrome, selector: str) -> WebElement:
    """What is to be seen there, as soon as it is, in the middle of the window."""

    def look() -> list[WebElement]:
        found = browser.find_elements(By.CSS_SELECTOR, selector)
        return [each for each in found if each.is_displayed()]

    found = eventually(look, selector)[0]
    browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", found)
    return found


def open_submission(browser: Chrome, address: str, course: GradingCourse, student: str) -> None:
    """By its id: the list shows no names, so that graders do not know whom they grade."""
    browser.get(address)
    rows = eventually(
        lambda: browser.find_elements(By.CSS_SELECTOR, "#main-table tr a"), "submissions"
    )
    assert len({row.text for row in rows if "Submission" in row.text}) == 3
    with open_gradebook(course) as gradebook:
        found = gradebook.find_submission_notebook(BPR.id, BPR.id, student).id
    browser.get(f"{address.partition('/formgrader')[0]}/formgrader/submissions/{found}/")
    one(browser, "#cost_of_a_triple")


def require_accessible(browser: Chrome) -> None:
    assert browser.execute_script("return document.documentElement.lang") == "en"
    assert low_contrasts(browser) == []
    assert unnamed(browser) == []
    assert overflow(browser) <= 0


def test_a_page_can_be_used_by_everybody(
    browser: Chrome, address: str, course: GradingCourse, tmp_path: Path
) -> None:
    """With a keyboard alone: a comment is typed, kept, and chosen again at the same question."""
    open_submission(browser, address, course, "ada")
    require_accessible(browser)
    one(browser, "#stale_row-comment").send_keys("Which row?", Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.text == "Keep this comment"
    browser.switch_to.active_element.send_keys(Keys.ENTER)
    eventually(lambda: one(browser, "#saved").text == "The comment is kept.", "word of it")
    assert "Which row?" in (course.root / "comments.csv").read_text(encoding="utf-8")
    open_submission(browser, address, course, "eve")
    one(browser, "#stale_row-comment").send_keys(Keys.TAB)
    browser.switch_to.active_element.send_keys(Keys.ARROW_DOWN)
    with open_gradebook(course) as gradebook:

        def saved() -> bool:
            gradebook.db.expire_all()
            found = gradebook.find_comment("stale_row", BPR.id, BPR.id, "eve")
            return bool(found.manual_comment == "Which row?")

        eventually(saved, "comment in the gradebook")
    assert browser.save_screenshot(tmp_path / "kept.png")


def test_an_answer_gets_points_and_a_comment(
    browser: Chrome, address: str, course: GradingCourse, tmp_path: Path
) -> None:
    browser.get(address)
    one(browser, "#main-table tr a")
    assert browser.save_screenshot(tmp_path / "1_list.png")
    open_submission(browser, address, course, "ada")
    answer = one(browser, ".nbgrader_cell:has(#cost_of_a_triple)")
    for selector in ("strong", "code", "b", "table", "math msup", "math munderover"):
        assert answer.find_element(By.CSS_SELECTOR, selector).is_displayed(), selector
    picture = answer.find_element(By.CSS_SELECTOR, "img[alt=pic]")
    assert browser.execute_script("return arguments[0].naturalWidth", picture) == 1
    assert browser.save_screenshot(tmp_path / "2_answer.png")

    points = one(browser, "#cost_of_a_triple")
    points.send_keys("2.5", Keys.TAB)
    comment = one(browser, "#cost_of_a_triple-comment")
    comment.send_keys("Good. And the <b>interpreter</b>?", Keys.TAB)
    with open_gradebook(course) as gradebook:

        def saved() -> bool:
            gradebook.db.expire_all()
            names = ("cost_of_a_triple", BPR.id, BPR.id, "ada")
            found = gradebook.find_grade(*names), gradebook.find_comment(*names)
            return (found[0].manual_score, found[1].manual_comment) == (
                2.5,
                "Good. And the <b>interpreter</b>?",
            )

        eventually(saved, "points and comment in the gradebook")
        assert gradebook.find_submission(BPR.id, "ada").score >= 2.5
    assert browser.save_screenshot(tmp_path / "3_graded.png")
    asked = requests_of(browser)
    assert asked
    assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []
    said = [str(entry["message"]) for entry in browser.get_log("browser")]
    assert [line for line in said if "favicon" not in line] == []


@pytest.mark.parametrize("student", ["eve", "mallory"])
def test_an_answer_that_attacks_runs_nothing(
    browser: Chrome, address: str, course: GradingCourse, student: str, tmp_path: Path
) -> None:
    if student == "eve":
        open_submission(browser, address, course, student)
        assert browser.save_screenshot(tmp_path / "1_top.png")
        points = one(browser, "#stale_row")
        assert browser.save_screenshot(tmp_path / "2_answer.png")
        points.send_keys("0", Keys.TAB)  # nothing lies over it
        answer = one(browser, ".nbgrader_cell:has(#stale_row)")
        assert "<script>ran=1</script>" in answer.text.replace("\N{ZERO WIDTH SPACE}", "")
        assert answer.find_elements(By.CSS_SELECTOR, "a[href^='javascript'], script, svg") == []
    else:
        with open_gradebook(course) as gradebook:
            found = gradebook.find_submission_notebook(BPR.id, BPR.id, student).id
        browser.get(address)
        browser.get(f"{address.partition('/formgrader')[0]}/formgrader/submissions/{found}/")
        eventually(
            lambda: browser.execute_script("return document.readyState === 'complete'"), "page"
        )
    for link in browser.find_elements(By.CSS_SELECTOR, "a[href^='javascript']"):
        browser.execute_script("arguments[0].click()", link)
    assert browser.execute_script("return window.ran") is None
    asked = requests_of(browser)
    assert [url for url in asked if not url.startswith("http://127.0.0.1:")] == []


def test_the_attacks_are_attacks(browser: Chrome, course: GradingCourse, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    html, _ = HTMLExporter(template_name="basic").from_filename(
        course.submission(BPR, "mallory").autograded
    )
    page.write_text(str(html), encoding="utf-8")
    browser.get(page.as_uri())
    assert eventually(lambda: browser.execute_script("return window.ran"), "attack") == 1


def test_feedback_is_complete_by_itself(
    browser: Chrome, course: GradingCourse, tmp_path: Path
) -> None:
    for student in ("ada", "mallory"):
        answers = dict.fromkeys(("cost_of_a_triple", "stale_row", "addressed_draws"), 2.0)
        mark(course, BPR, student, "Well **done**: $\\frac{1}{2}$.", **answers)
        done = start_tito("grade", "feedback", 5, "--student", student, cwd=course.root)
        assert "1 written" in done.communicate(timeout=120)[0]
        browser.get(course.submission(BPR, student).feedback.as_uri())
        asked = requests_of(browser)
        assert [url for url in asked if not url.endswith("/05_bpr.html")] == []
        assert browser.execute_script("return window.ran") is None
        require_accessible(browser)
        if student == "ada":
            formula = one(browser, "div.comment math mfrac")
            assert formula.size["height"] > 15
            assert browser.save_screenshot(tmp_path / "feedback.png")


def test_a_port_that_is_taken_is_said_in_a_sentence(course: GradingCourse, address: str) -> None:
    port = re.findall(r":(\d+)/", address)[0]
    second = start_tito("grade", "review", "--port", port, "--no-browser", cwd=course.root)
    assert second.communicate(timeout=120)[1].count("\n") == 1
    assert second.returncode == 1


def test_statistics_can_be_read_by_everybody(
    browser: Chrome, course: GradingCourse, tmp_path: Path
) -> None:
    wrong = CellMark("test_bpr_update", 6, False, "", "the user's row is stale.", "", "stale row")
    outcome = Outcome("ada", BPR.id, GRADED, marks=(wrong,), notebook={})
    outcome_store(course, BPR).write("ada", "key", outcome)
    page, _ = write_statistics(course, BPR)
    browser.get(page.as_uri())
    require_accessible(browser)
    assert one(browser, "svg[role=img] .bar").size["width"] > 20
    assert browser.save_screenshot(tmp_path / "statistics.png")
    assert [url for url in requests_of(browser) if not url.endswith("/05_bpr.html")] == []
