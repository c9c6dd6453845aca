"""Serve nbgrader's form grader to one person on this machine, and nothing else.

A Jupyter server would offer kernels, terminals and files to everybody who has its token. This one
has none of them, and its pages may run no script but nbgrader's own.
"""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import signal
import socket
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from jupyter_server.serverapp import ServerApp
from nbgrader.server_extensions.formgrader import handlers
from nbgrader.server_extensions.formgrader.base import BaseApiHandler, BaseHandler, check_xsrf
from nbgrader.server_extensions.formgrader.formgrader import FormgradeExtension
from tornado import web
from traitlets.config import Config

from tito.course.lessons import Lesson
from tito.grading.course import GradingCourse, GradingError
from tito.grading.gradebook import gradebook_url, open_gradebook
from tito.grading.pages.form_grader import FormGraderExporter
from tito.grading.pages.graders import HANDLERS, TELLING, graders_settings
from tito.grading.pages.kept_comments import keep_comment
from tito.grading.pages.render import FOLDER
from tito.grading.sharing import share_of

ADDRESS: Final = "127.0.0.1"
_POLICY: Final = (
    "default-src 'none'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'; script-src 'self'"
)
_CLICKS: Final = ("toggle_name(true);", "toggle_name(false);")
"""Scripts in the attributes of nbgrader's page of a submission, which run on clicks."""

_MATHJAX: Final = """
window.MathJax = {Hub: {Startup: {signal: {Interest: told => setTimeout(told, 0, "End")}}}};
"""
"""Substitute for MathJax, on which nbgrader's page waits; formulas are drawn already."""


def serve(
    course: GradingCourse,
    lesson: Lesson | None,
    *,
    port: int | None = None,
    browser: bool = True,
    grader: str = "",
    on_ready: Callable[[str], None],
) -> None:
    """Serve the form grader until a signal ends it.

    Args:
        course: the instructor's folder; this process goes into it.
        lesson: lesson whose submissions are shown first; None for the list of lessons.
        port: port of the server; None for a free one.
        browser: open a browser.
        grader: name in ``[graders]`` of the one who marks; empty for one who marks everything.
        on_ready: function that is called with the address and its token, once it can be opened.

    Raises:
        GradingError: the port is taken, nothing of this lesson was graded, or there is no such
            grader.
    """
    share = share_of(course, grader)
    if lesson is not None:
        _check_graded(course, lesson)
    page = "gradebook" if lesson is None else f"gradebook/{lesson.id}/{lesson.id}"
    with _without_jupyter_settings() as folder:
        os.chdir(course.root)
        server = _Server(config=_config(course, folder, port, f"/formgrader/{page}", browser))
        server.initialize(argv=[], find_extensions=False)
        extension = _Extension(parent=server)
        extension.course = course
        extension.root_dir = str(course.root)
        extension.log = server.log
        extension.initialize([])
        extension.init_tornado_settings(server.web_app)
        extension.init_handlers(server.web_app)
        server.web_app.settings.update(graders_settings(course, share))
        token = server.identity_provider.token
        on_ready(f"http://{ADDRESS}:{server.port}/formgrader/{page}?token={token}")
        server.start()


def _config(
    course: GradingCourse, folder: Path, port: int | None, page: str, browser: bool
) -> Config:
    if port is not None:
        _check_free(port)
    return Config(
        {
            "ServerApp": {
                "allow_root": True,  # it starts no kernels
                "default_url": page,
                "ip": ADDRESS,
                "log_level": "ERROR",
                "open_browser": browser,
                "port": port or 0,
                "port_retries": 0,
                "root_dir": str(course.root),
                "tornado_settings": {
                    "headers": {
                        "Content-Security-Policy": f"{_POLICY} 'unsafe-inline'",
                        "Referrer-Policy": "no-referrer",
                    }
                },
            },
            "IdentityProvider": {
                "token": secrets.token_urlsafe(32),
                "cookie_options": {"path": "/", "samesite": "Strict"},
            },
            "CourseDirectory": {
                "root": str(course.root),
                "course_id": course.settings.course.id,
                "db_url": gradebook_url(course.gradebook),
            },
            "FormgradeExtension": {"debug": False},
            "NbGrader": {"logfile": str(folder / "nbgrader.log")},
        }
    )


def _check_graded(course: GradingCourse, lesson: Lesson) -> None:
    with open_gradebook(course) as gradebook:
        submissions = gradebook.assignment_submissions(lesson.id)
        names = [submission.student.id for submission in submissions]
    if not any(course.submission(lesson, name).autograded.is_file() for name in names):
        raise GradingError(
            f"nothing of {lesson.id} is graded: run `tito grade autograde {lesson.number}` first."
        )


def _check_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((ADDRESS, port))
        except OSError as error:
            raise GradingError(
                f"port {port} cannot be used ({error.strerror}): leave out --port for a free one."
            ) from None


@contextmanager
def _without_jupyter_settings() -> Iterator[Path]:
    """Run a block without the settings and extensions of Jupyter on this machine."""
    before = dict(os.environ)
    with tempfile.TemporaryDirectory(prefix="tito-review-") as folder:
        os.environ["JUPYTER_NO_CONFIG"] = "1"
        for name in ("CONFIG", "DATA", "RUNTIME"):
            os.environ[f"JUPYTER_{name}_DIR"] = str(Path(folder, name.lower()))
        try:
            yield Path(folder)
        finally:
            os.environ.clear()
            os.environ.update(before)


class _Server(ServerApp):
    """A server of log-in and pages, which Ctrl-C ends without a question."""

    name = "tito-review"
    default_services = ("auth", "security")  # type: ignore[assignment]  # fewer than Jupyter's

    def init_signal(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: self.stop(from_signal=True))


class _Extension(FormgradeExtension):  # type: ignore[misc]  # nbgrader has no types
    """The form grader with formulas, and without buttons that run nbgrader's commands."""

    course: GradingCourse

    def init_tornado_settings(self, webapp: Any) -> None:
        super().init_tornado_settings(webapp)
        webapp.settings["nbgrader_exporter"] = FormGraderExporter(self.course)

    def init_handlers(self, webapp: Any) -> None:
        actions = "|".join(_COMMANDS)
        ours = [
            *HANDLERS,
            (r"/formgrader/submissions/([^/]+)/?", _SubmissionPage),
            (r"/formgrader/tito/form_grader\.js", _Script),
            (r"/formgrader/tito/comments", _KeptComments, {"course": self.course}),
            (
                rf"/formgrader/api/(?:assignment|submission)/.+/(?:{actions})",
                _RefusedAction,
            ),
        ]
        webapp.add_handlers(".*$", ours)  # those that were added first come first
        super().init_handlers(webapp)


class _SubmissionPage(handlers.SubmissionHandler):  # type: ignore[misc]
    """A student's notebook. Only scripts in the page's head run, by a number used once."""

    @cached_property
    def _number(self) -> str:
        return secrets.token_urlsafe(16)

    @property
    def content_security_policy(self) -> str:
        allowed = " ".join(f"'sha256-{_digest(text)}'" for text in _CLICKS)
        return f"{_POLICY} 'nonce-{self._number}' 'unsafe-hashes' {allowed}"

    def write(self, chunk: Any) -> None:
        if isinstance(chunk, str):
            head, end, body = chunk.partition("</head>")
            head = head.replace("<script", f"<script>{_MATHJAX}{TELLING}</script>\n<script", 1)
            chunk = head.replace("<script", f'<script nonce="{self._number}"') + end + body
        super().write(chunk)


class _Script(BaseHandler):  # type: ignore[misc]
    """The page's own script."""

    @web.authenticated
    def get(self) -> None:
        self.set_header("Content-Type", "text/javascript; charset=utf-8")
        self.write((FOLDER / "form_grader.js").read_text(encoding="utf-8"))


class _KeptComments(BaseApiHandler):  # type: ignore[misc]
    """Comments that are kept: a new one is added."""

    def initialize(self, course: GradingCourse) -> None:
        self._course = course

    @web.authenticated
    @check_xsrf  # type: ignore[untyped-decorator]
    def post(self) -> None:
        asked = self.get_json_body() or {}
        lesson, question, comment = (asked.get(key) for key in ("lesson", "question", "comment"))
        if not (isinstance(lesson, str) and isinstance(question, str) and isinstance(comment, str)):
            raise web.HTTPError(400, "lesson, question and comment have to be texts.")
        try:
            comments = keep_comment(self._course, lesson, question, comment)
        except GradingError as error:
            self.set_status(400)
            self.write({"said": f"{str(error)[:1].upper()}{str(error)[1:]}"})
            return
        self.write({"said": "The comment is kept.", "comments": comments})


_COMMANDS: Final = {
    "assign": "build", "unrelease": "release", "release": "release", "collect": "collect",
    "autograde": "autograde", "generate_feedback": "feedback", "release_feedback": "feedback",
}  # fmt: skip
"""Actions of the form grader's buttons, and the commands that do the same here."""


class _RefusedAction(BaseApiHandler):  # type: ignore[misc]
    """Answer to a button of nbgrader's, in the form of nbgrader's own errors."""

    @web.authenticated
    def post(self) -> None:
        command = _COMMANDS[self.request.path.rpartition("/")[2]]
        sentence = f"Not here: run `tito grade {command}` in a terminal."
        self.write({"success": False, "error": sentence, "log": sentence})


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
