"""Settings in ``grading.toml``: one dataclass per table, with a default for every line."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from recsys_edu.errors import RecsysError
from tito.course.exchange import COURSE_ID, COURSE_ID_RULE, DEFAULT_COURSE
from tito.course.lessons import all_lessons

TEMPLATE: Final = """\
# Settings of `tito grade` in this folder. Every line may be left out.

[course]
id = "recsys"             # in the gradebook, and in the exchange
exchange = ""             # the exchange folder, where students have accounts on this machine

[due]                     # lesson = date and time, of this machine's zone where none is given
# 05_bpr = 2026-12-01T23:59:00+01:00

[answers]                 # lesson = date from which `tito answers` shows the model answers
# 05_bpr = 2026-12-10T08:00:00+01:00

[extensions]              # student = lessons with dates of the student's own
# ada = { 05_bpr = 2026-12-03T23:59:00+01:00 }

[late]
grace_minutes = 15        # that much later is in time
per_day = 0.0             # share of the points that each day begun after that costs
at_most = 1.0             # share that lateness costs at most

[graders]                 # several people who mark, and what each of them does
# ann = { sections = ["Sec 1"] }           # sections as in students.csv
# bob = { questions = ["stale_row"] }      # cells' names, as in INSTRUCTORS.md

[limits]                  # seconds and MiB that one submission may use
cell_seconds = 60
notebook_seconds = 300    # for all cells together; 0 runs none
call_seconds = 20
judge_seconds = 60        # for all calls by which one cell is judged
build_seconds = 120       # for building one cell in Cython
memory_mib = 2048
experiments = false       # run the cells that take long and that no points depend on, too

[students]                # a regular expression with (?P<student>…), searched for in the paths of
pattern = ""              # what `tito grade collect` gets; empty: as LMSs name them
"""


class SettingsError(RecsysError, ValueError):
    """A wrong setting in ``grading.toml``; the message names it."""


@dataclass(frozen=True)
class CourseTable:
    """Name of the course, and folder of its exchange."""

    id: str = DEFAULT_COURSE
    exchange: str = ""


@dataclass(frozen=True)
class LateTable:
    """Penalties for late submissions."""

    grace_minutes: float = 15.0
    per_day: float = 0.0
    at_most: float = 1.0


@dataclass(frozen=True)
class LimitsTable:
    """Limits of one submission."""

    cell_seconds: float = 60.0
    notebook_seconds: float = 300.0
    call_seconds: float = 20.0
    judge_seconds: float = 60.0
    build_seconds: float = 120.0
    memory_mib: int = 2048
    experiments: bool = False
    """Also run cells tagged ``experiment``: they take long, and no points depend on them."""


@dataclass(frozen=True)
class StudentsTable:
    """Pattern that finds students in paths."""

    pattern: str = ""


@dataclass(frozen=True)
class GraderTable:
    """Share of one grader; without entries, everything."""

    sections: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


@dataclass(frozen=True)
class Settings:
    """All of ``grading.toml``."""

    course: CourseTable = field(default_factory=CourseTable)
    due: dict[str, datetime] = field(default_factory=dict)
    """Due dates by lesson, with a time zone."""
    answers: dict[str, datetime] = field(default_factory=dict)
    """Dates from which students are shown the model answers, by lesson."""
    extensions: dict[str, dict[str, datetime]] = field(default_factory=dict)
    """Due dates of single students, by student and lesson."""
    graders: dict[str, GraderTable] = field(default_factory=dict)
    """Shares of the people who mark, by name."""
    late: LateTable = field(default_factory=LateTable)
    limits: LimitsTable = field(default_factory=LimitsTable)
    students: StudentsTable = field(default_factory=StudentsTable)


_TABLES: Final = {
    "course": CourseTable, "late": LateTable, "limits": LimitsTable, "students": StudentsTable,
}  # fmt: skip
_DATES: Final = frozenset({"answers", "due", "extensions", "graders"})
"""Tables of dates, whose keys are lessons and students."""
_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_LEAST_MIB, _MOST_MIB = 256, 1 << 20
"""Limits of ``memory_mib``: with less, not even NumPy can be loaded in a jail."""
_LEAST_SECONDS, _MOST_SECONDS = 0.1, 24 * 60 * 60


def read_settings(path: Path) -> Settings:
    """Read the settings in a file; raise SettingsError if they cannot be understood."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"{path} cannot be read: {error}.") from None
    unknown = sorted(content.keys() - _TABLES.keys() - _DATES)
    if unknown:
        listed = ", ".join((*_TABLES, *sorted(_DATES)))
        raise SettingsError(f"{path}: there is no table [{unknown[0]}]; there are {listed}.")
    found = {name: _table(path, name, content.get(name, {})) for name in _TABLES}
    if not COURSE_ID.fullmatch(found["course"].id):
        raise SettingsError(f"{path}, [course] id: {COURSE_ID_RULE}, not {found['course'].id!r}.")
    return Settings(
        due=_due(path, "due", content.get("due", {})),
        answers=_due(path, "answers", content.get("answers", {})),
        extensions=_extensions(path, content.get("extensions", {})),
        graders=_graders(path, content.get("graders", {})),
        **found,
    )


def _table(path: Path, name: str, content: Any) -> Any:
    kind = _TABLES[name]
    defaults = {entry.name: getattr(kind(), entry.name) for entry in fields(kind)}
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: {name} must be a table, [{name}].")
    for key, value in content.items():
        where = f"{path}, [{name}] {key}"
        if key not in defaults:
            raise SettingsError(f"{where}: there is no such setting; there are {_names(defaults)}.")
        wanted, called = _kind(defaults[key])
        if isinstance(value, bool) != (wanted == (bool,)) or not isinstance(value, wanted):
            raise SettingsError(f"{where} must be {called}.")
        if isinstance(value, (int, float)) and not value >= 0:
            raise SettingsError(f"{where} must not be below 0.")
        if key in ("per_day", "at_most") and isinstance(value, (int, float)) and value > 1:
            raise SettingsError(f"{where} is a share: 0.1 is a tenth, and 1 is all.")
        if name == "limits" and (rule := _broken_rule(key, value)):
            raise SettingsError(f"{where} must be {rule}.")
    return kind(**content)


def _broken_rule(key: str, value: Any) -> str:
    """Return the rule that a limit breaks, under which all would lose their points; or empty."""
    if key == "memory_mib":
        is_right = isinstance(value, int) and _LEAST_MIB <= value <= _MOST_MIB
        return "" if is_right else f"a whole number from {_LEAST_MIB} to {_MOST_MIB:,}"
    if isinstance(value, bool):
        return ""
    least = 0 if key == "notebook_seconds" else _LEAST_SECONDS
    is_right = least <= value <= _MOST_SECONDS
    return "" if is_right else f"a number of seconds from {least:g} to {_MOST_SECONDS:,}"


def _extensions(path: Path, content: Any) -> dict[str, dict[str, datetime]]:
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: extensions must be a table, [extensions].")
    return {
        student: _due(path, f"extensions.{student}", dates) for student, dates in content.items()
    }


def _graders(path: Path, content: Any) -> dict[str, GraderTable]:
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: graders must be a table, [graders].")
    found = {}
    for name, table in content.items():
        where = f"{path}, [graders] {name}"
        if not isinstance(table, dict) or not table.keys() <= {"sections", "questions"}:
            raise SettingsError(f'{where} must be {{ sections = ["…"], questions = ["…"] }}.')
        for key, values in table.items():
            if not isinstance(values, list) or not all(isinstance(x, str) for x in values):
                raise SettingsError(f'{where}: {key} must be a list of texts, ["…", "…"].')
        found[name] = GraderTable(**{key: tuple(values) for key, values in table.items()})
    return found


def _kind(default: Any) -> tuple[tuple[type, ...], str]:
    if isinstance(default, bool):
        return (bool,), "true or false"
    return ((int, float), "a number") if isinstance(default, (int, float)) else ((str,), "text")


def _due(path: Path, table: str, content: Any) -> dict[str, datetime]:
    example = "05_bpr = 2026-12-01T23:59:00+01:00"
    if not isinstance(content, dict):
        raise SettingsError(f"{path}: {table} must have lessons and dates: {{ {example} }}.")
    known = [lesson.id for lesson in all_lessons()] if content else []
    found = {}
    for lesson, value in content.items():
        if lesson not in known:
            listed = ", ".join(known)
            raise SettingsError(
                f"{path}, [{table}] {lesson}: there is no such lesson; there are {listed}."
            )
        if not isinstance(value, datetime):
            raise SettingsError(
                f"{path}, [{table}] {lesson} must be a date with a time: {example}."
            )
        if not _FIRST_YEAR <= value.year <= _LAST_YEAR:
            raise SettingsError(
                f"{path}, [{table}] {lesson} must be in the years {_FIRST_YEAR} to {_LAST_YEAR}."
            )
        found[lesson] = value.astimezone(UTC)
    return found


def _names(defaults: dict[str, Any]) -> str:
    return ", ".join(defaults)
