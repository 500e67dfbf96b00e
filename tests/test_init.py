"""config.toml: what is asked, what is written, and that the committed one is what is written without a word."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from tapctl import interview
from tapctl.commands import init
from tapctl.settings import Settings, load
from tapctl.settings_file import document, toml
from tapctl.settings_sources import Given, dotted, settings_of
from tests.stage import Stage

COMMITTED = Path(__file__).parents[1] / "config.toml"
CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1"
CHOSEN = ("--project", "Shop", "--owner", "web", "-r", "eu-west-1", "-r", "us-east-1", "--account", "123456789012",
          "--certificate", CERTIFICATE, "--set", "environments.pr.max_size=2", "--set", "bucket_region=us-east-1",
          "--set", "network.vpc_id={ us-east-1 = 'vpc-12345678' }", "--set", "app.health_path=/up",
          "--set", "table.sort_key={ name = 'quoted \"it\"', type = 'N' }", "--set", "logs.object_days=7",
          "--set", "alarms.actions={ eu-west-1 = ['arn:aws:sns:eu-west-1:123456789012:alarms'] }")


# ---------------------------------------------------------------- the file
def test_the_committed_file_is_what_is_written_without_a_word() -> None:
    assert document(Settings.model_validate({})) == COMMITTED.read_text()


def test_every_setting_is_in_it_and_explained() -> None:
    lines = COMMITTED.read_text().splitlines()
    assert all(len(line) <= 120 for line in lines)
    for path in settings_of(Settings):
        name = path[-1] if path[-1] != "<name>" else path[-2]
        at = next(n for n, line in enumerate(lines) if line.removeprefix("# ").startswith((f"{name} =", f"[{name}]"))
                  or (len(path) > 2 and f"{path[1]} = {{ name" in line))
        assert "# " in lines[at][41:] or lines[at - 1].startswith("# "), dotted(path)


def test_toml() -> None:
    assert toml({"a": [True, 1], "b": 'x"'}) == '{ a = [true, 1], b = "x\\"" }'


# ---------------------------------------------------------------- the command
def test_flags_are_what_is_written(offline: Stage, tmp_path: Path) -> None:
    code, out, err = offline.run("init", *CHOSEN, "--config", "mine.toml")
    assert (code, err) == (0, "")
    assert out == ("mine.toml: written\nnext: `tapctl doctor --env staging --config mine.toml`, "
                   "then `tapctl plan --env staging --config mine.toml`\n")
    read = load(tmp_path / "mine.toml", {}, {})
    assert (read.project, read.owner, read.regions) == ("Shop", "web", ("eu-west-1", "us-east-1"))
    assert (read.allowed_account_ids, dict(read.certificate_arns)) == (("123456789012",), {"eu-west-1": CERTIFICATE})
    assert (read.environments["pr"].max_size, read.app.health_path, read.logs.object_days) == (2, "/up", 7)
    assert (read.bucket_region, dict(read.network.vpc_id)) == ("us-east-1", {"us-east-1": "vpc-12345678"})
    assert read.table.sort_key is not None
    assert read.table.sort_key.name == 'quoted "it"'
    assert document(read) == (tmp_path / "mine.toml").read_text()


@pytest.mark.parametrize("flags", [
    ("--project", "Shop", "--set", "project=Other"), ("--project", "Shop", "--set", "project.x=1"),
    ("--set", "app.port=9000", "--set", "app=1")])
def test_flags_that_contradict_each_other(offline: Stage, tmp_path: Path, flags: tuple[str, ...]) -> None:
    code, _, err = offline.run("init", "--yes", *flags)
    one, other = (flags[0] if flags[0] == "--project" else "--set app.port", f"--set {flags[3].partition('=')[0]}")
    assert (code, err.splitlines()[0]) == (2, f"{one} and {other} contradict each other")
    assert not [*tmp_path.iterdir()]


def test_a_script_is_where_the_file_is(offline: Stage, tmp_path: Path) -> None:
    """Relative to it, whatever directory tapctl runs in."""
    script = tmp_path / "its" / "boot.sh"
    script.parent.mkdir()
    script.write_text("#!/bin/sh\n")
    for given in ("boot.sh", str(script)):
        flags = ("--config", "its/it.toml", "--force", "--set", f"app.user_data_file={given}")
        assert offline.run("init", *flags)[0] == 0
        assert load(Path("its/it.toml"), {}, {}).app.user_data_file is not None
    assert offline.run("init", "--set", "app.user_data_file=boot.sh")[0] == 3


def test_nothing_is_overwritten_unless_it_is_said(offline: Stage, tmp_path: Path) -> None:
    assert offline.run("init", "--yes")[0] == 0
    assert (tmp_path / "config.toml").read_text() == COMMITTED.read_text()
    (tmp_path / "config.toml").write_text("precious")
    code, out, err = offline.run("init", "--owner", "web")
    assert (code, out) == (2, "")
    assert err.startswith("config.toml is there already\n")
    assert (tmp_path / "config.toml").read_text() == "precious"
    assert offline.run("init", "--owner", "web", "--force")[0] == 0
    assert offline.run("init", "--force", "--set", "ap.port=1")[2].startswith("--set ap.port\nreason: there is no such")
    assert 'owner = "web"' in (tmp_path / "config.toml").read_text()


@pytest.mark.parametrize(("terminal", "flags", "asked"), [(True, (), 10), (True, ("--yes",), 0), (False, (), 0)])
def test_only_somebody_is_asked(offline: Stage, monkeypatch: pytest.MonkeyPatch, terminal: bool,
                                flags: tuple[str, ...], asked: int) -> None:
    questions: list[str] = []

    def answered(question: str) -> str:
        questions.append(question)
        return ""

    monkeypatch.setattr(init, "answered", answered)
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True))
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal, raising=False)
    assert offline.run("init", "--region", "eu-west-1", *flags)[0] == 0
    assert len(questions) == asked


# ---------------------------------------------------------------- the questions
class Person:
    """answers: by how a question begins, in order."""

    def __init__(self, **answers: list[str]) -> None:
        self.answers = {begin: iter(its) for begin, its in answers.items()}
        self.asked: list[str] = []
        self.told: list[str] = []

    def __call__(self, question: str) -> str:
        self.asked.append(question)
        its: Iterator[str] = next((its for begin, its in self.answers.items() if question.startswith(begin)), iter(()))
        return next(its, "")


def test_questions_show_what_holds_without_an_answer() -> None:
    person = Person(Regions=["eu-west-1, us-east-1"], Owner=["web"])
    given = interview.interview(Given("it", {"project": "Shop"}), person, person.told.append)
    assert person.asked == [
        "Owner, for the tags [platform]: ", "Regions, the primary first [us-east-1 us-west-2]: ",
        "Account ids that it may run in [none]: ", "ARNs of ACM certificates, for HTTPS [none]: ",
        "staging: type of the instances [t3.micro]: ",
        "staging: instances a region, at least, at first, at the most [1 1 3]: ",
        "staging: class of the databases [db.t3.micro]: ", "production: type of the instances [t3.medium]: ",
        "production: instances a region, at least, at first, at the most [1 2 6]: ",
        "production: class of the databases [db.t3.small]: "]
    assert given.values == {"project": "Shop", "owner": "web", "regions": ("eu-west-1", "us-east-1")}


def test_an_answer_that_will_not_do_is_asked_for_again() -> None:
    person = Person(**{"Regions": ["mars", "eu-west-1"], "ARNs": ["x", CERTIFICATE],
                       "staging: inst": ["3 2 1", "2 2", "1 two 3", "2 3 4"]})
    read = interview.checked(interview.interview(Given("it", {}), person, person.told.append))
    assert (read.regions, dict(read.certificate_arns)) == (("eu-west-1",), {"eu-west-1": CERTIFICATE})
    staging = read.environments["staging"]
    assert (staging.min_size, staging.desired_size, staging.max_size) == (2, 3, 4)
    for said in ("Regions, the primary first = 'mars'", "x",
                 "reason: min_size 3, desired_size 2 and max_size 1 are not in order", "not a whole number"):
        assert any(said in line for line in person.told), person.told
