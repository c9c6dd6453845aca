"""Students of the gradebook, the hand-ins and the roster, each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from tito.course.lessons import Lesson
from tito.grading.collecting.submitted import read_receipt
from tito.grading.course import GradingCourse, Submission
from tito.grading.roster import Person, Roster, read_roster


@dataclass(frozen=True)
class Student:
    """A student, and their ids in LMSs."""

    id: str
    first_name: str = ""
    last_name: str = ""
    email: str = ""
    section: str = ""
    lms_ids: dict[str, frozenset[str]] = field(default_factory=dict)
    """Ids in what they handed in, by LMS: ``moodle`` (participant), ``canvas``, ``brightspace``
    (number of the user), ``blackboard`` (user); ``roster`` (``lms_user_id``) and ``name``."""

    @property
    def name(self) -> str:
        """First and last name; else the name in what was handed in; else empty."""
        names = sorted(self.lms_ids.get("name", ()))
        return f"{self.first_name} {self.last_name}".strip() or (names[0] if names else "")


def people_of(
    course: GradingCourse,
    lessons: Iterable[Lesson],
    recorded: Mapping[str, tuple[str, str, str]],
    others: Iterable[str],
) -> tuple[tuple[Student, ...], tuple[str, ...]]:
    """Bring together those who are on the roster, in the gradebook or among the hand-ins.

    Args:
        course: the instructor's folder.
        lessons: lessons whose receipts are read.
        recorded: first name, last name and address in the gradebook, by id.
        others: further ids, of those who handed in something.

    Returns:
        Students, sorted by id, and the ids of those that the roster does not have.
    """
    roster = read_roster(course)
    lessons = tuple(lessons)
    ids = sorted({*recorded, *others})
    lms = {student: _all_lms_ids(course, lessons, student) for student in ids}
    persons = _persons(roster, ids, lms)
    students = [
        _student(student, recorded.get(student, ("", "", "")), lms[student], persons.get(student))
        for student in ids
    ]
    present = {person.id for person in persons.values()}
    absent = [person for person in roster.people if person.id not in present] if roster else []
    students += [_student(person.id, ("", "", ""), {}, person) for person in absent]
    strangers = tuple(each for each in ids if each not in persons) if roster else ()
    return tuple(sorted(students, key=lambda each: each.id)), strangers


LmsIds = dict[str, frozenset[str]]


def _persons(
    roster: Roster | None, ids: Iterable[str], lms: Mapping[str, LmsIds]
) -> dict[str, Person]:
    """Find the person of each id; where two ids may be one person's, neither is."""
    found: dict[str, Person] = {}
    if roster is None:
        return found
    for student in ids:
        if student in roster.by_id:
            found[student] = roster.by_id[student]
    claims: dict[Person, list[str]] = {}
    for student in ids:
        numbers = [x for key, values in lms[student].items() if key != "name" for x in values]
        person = roster.find([student, *numbers], lms[student].get("name", ()))
        if student not in found and person is not None and person.id not in found:
            claims.setdefault(person, []).append(student)
    return found | {names[0]: person for person, names in claims.items() if len(names) == 1}


def _student(
    student: str, recorded: tuple[str, str, str], lms: LmsIds, person: Person | None
) -> Student:
    """Make a student; what the roster says comes before what the gradebook has."""
    if person is None:
        return Student(student, *recorded, lms_ids=lms)
    first, last, email = recorded
    first, last = person.first_name or first, person.last_name or last
    number = {"roster": frozenset({person.lms_user_id})} if person.lms_user_id else {}
    ids = {"roster_id": frozenset({person.id})} if person.id != student else {}
    email = person.email or email
    return Student(student, first, last, email, person.section, {**lms, **number, **ids})


def _all_lms_ids(course: GradingCourse, lessons: Collection[Lesson], student: str) -> LmsIds:
    found: dict[str, set[str]] = {}
    for lesson in lessons:
        for key, value in _lms_ids(course.submission(lesson, student)).items():
            found.setdefault(key, set()).add(value)
    return {key: frozenset(values) for key, values in found.items()}


def _lms_ids(submission: Submission) -> dict[str, str]:
    """Return the ids that the LMS used for a student whose notebook came from it."""
    receipt = read_receipt(submission)
    if receipt is None:
        return {}
    kind, user = receipt.lms.get("kind", ""), receipt.lms.get("user", "")
    known = {"name": receipt.name, "moodle": receipt.lms.get("participant", "")}
    known |= {kind: user} if kind in ("canvas", "blackboard", "brightspace") else {}
    return {key: value for key, value in known.items() if value}
