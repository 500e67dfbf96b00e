"""The bench: what it measures is what it says, and its peers build the stack that tapctl builds."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from rich.console import Console

from bench import contestants, report
from bench.account import Account, mutating, opened
from bench.contestants import AGAIN, ALONE, COLD, DOWN, PLAN, Contestant
from bench.measure import Sample, run
from bench.rounds import Course, Results, race, steps

pytestmark = pytest.mark.usefixtures("unfollowed_processes")

HOG = "held = bytearray(b'x' * 2**20) * {mib}; import time, subprocess, sys; {then}; time.sleep(0.3)"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where modules are compiled to, which takes longer than most of what is measured here."""
    return tmp_path_factory.mktemp("bench")


@pytest.fixture(scope="module")
def emulator(folder: Path) -> Iterator[Account]:
    with opened(folder) as one:
        yield one


@pytest.fixture
def account(emulator: Account) -> Account:
    emulator.reset()
    return emulator


# ---------------------------------------------------------------- a process
def test_a_process_is_measured_with_all_that_it_starts(tmp_path: Path) -> None:
    child = HOG.format(mib=80, then="sum(range(10**6))")
    parent = HOG.format(mib=40, then=f"subprocess.run([sys.executable, '-c', {child!r}])")
    sample = run((sys.executable, "-c", parent), {}, tmp_path)
    assert sample.code == 0
    assert sample.wall > 0.6
    assert 0 < sample.cpu < sample.wall
    if Path("/proc/self/status").exists():
        assert 120 < sample.peak < 200


def test_what_a_process_says_and_how_it_ends_is_kept(tmp_path: Path) -> None:
    sample = run((sys.executable, "-c", "import sys; print('out'); sys.exit('err')"), {}, tmp_path)
    assert (sample.code, sorted(sample.output.split())) == (1, ["err", "out"])


# ---------------------------------------------------------------- the account
def test_calls_are_counted_by_name_delayed_and_forgotten(account: Account, folder: Path) -> None:
    code = ("import boto3; s = boto3.client('s3', 'us-east-1'); s.create_bucket(Bucket='one-bucket'); s.list_buckets();"
            "boto3.client('kms', 'us-east-1').create_key(); boto3.client('iam', 'us-east-1').list_roles()")
    environment = account.environment(folder)
    account.start(0.0)
    quick = run((sys.executable, "-c", code), environment, folder)
    assert quick.code == 0, quick.output
    expected = {"s3 CreateBucket": 1, "s3 ListBuckets": 1, "kms CreateKey": 1, "iam ListRoles": 1}
    assert account.calls() == expected
    assert mutating(expected) == 2
    account.reset()
    account.start(0.5)
    assert run((sys.executable, "-c", code), environment, folder).wall > 2
    assert account.calls() == expected  # no bucket is there any more: else S3 would be asked once more, or refuse
    with pytest.raises(RuntimeError, match="404"):
        account._ask("GET", "nothing")


def test_an_emulator_that_does_not_start_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="did not start"), opened(tmp_path):
        pass


# ---------------------------------------------------------------- the peers
def test_the_script_builds_the_stack_that_tapctl_builds(account: Account, folder: Path) -> None:
    contestants.boot_scripts(folder)
    course = Course(account, folder, print)
    tapctl, script = contestants.tapctl(), contestants.script(folder)

    def calls(of: Contestant, step: str) -> dict[str, int]:
        account.start(0)
        course.run(of, of.commands[step])
        return account.calls()

    built = calls(script, COLD)
    assert mutating(calls(tapctl, PLAN)) == 0  # its exit code says that there is nothing to change
    account.reset()

    own = calls(tapctl, COLD)
    again = calls(script, AGAIN)
    assert not [name for name in again if "Create" in name], "the script finds all that it would make"
    course.run(tapctl, tapctl.commands[PLAN])

    made = {name: n for name, n in own.items() if "Create" in name}
    assert made == {name: n for name, n in built.items() if "Create" in name}
    course.compare(tapctl, results := Results())
    assert results.bound["bound"] == sum(results.bound[part] for part in ("identity", "facts", "listings", "aspects"))
    assert results.bound["identity"] == 1


def test_terraform_that_is_not_installed_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert contestants.terraform(tmp_path) is None


def test_terraform_runs_in_a_copy_of_its_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = tmp_path / "terraform-binary" / "terraform"
    binary.parent.mkdir()
    binary.write_text("#!/bin/sh\n")
    binary.chmod(0o755)
    monkeypatch.setenv("PATH", str(binary.parent))
    found = contestants.terraform(tmp_path)
    assert found is not None
    assert f"-chdir={tmp_path / 'terraform'}" in found.commands[COLD]
    assert (tmp_path / "terraform/region/main.tf").exists()
    assert found.environment["TF_VAR_boot_scripts"] == str(tmp_path)


# ---------------------------------------------------------------- the rounds
def stand_in(name: str, code: str = "pass") -> Contestant:
    command = (sys.executable, "-c", code)
    return Contestant(name, {COLD: command, AGAIN: command, DOWN: command, "--help": command})


def test_contestants_take_turns_and_what_stands_alone_runs_without_delay(account: Account, folder: Path) -> None:
    told: list[str] = []
    results = race(Course(account, folder, told.append), [(stand_in("script"), 2), (stand_in("terraform"), 1)],
                   (0, 10))
    assert {(f.contestant, f.step, f.delay_ms): len(f.wall) for f in results.figures.values()} == {
        (name, step, delay): times for name, times in (("script", 2), ("terraform", 1)) for delay in (0, 10)
        for step in (COLD, AGAIN, DOWN, "--help") if not (delay and step in ALONE)}
    assert list(steps(stand_in("script"), 10)) == [COLD, AGAIN, DOWN]
    assert any(line.startswith("terraform, +10 ms a call: down") for line in told)
    assert set(results.same) == {"script", "terraform"}
    assert "kms_key" in results.same["script"], "what the stand-in has not built, tapctl would make"


def test_a_command_that_fails_ends_it_with_its_words(account: Account, folder: Path) -> None:
    with pytest.raises(RuntimeError, match=r"(?s)exits with 1:.*no such luck"):
        race(Course(account, folder, print), [(stand_in("terraform", "raise SystemExit('no such luck')"), 1)], (0,))


# ---------------------------------------------------------------- the tables
def recorded() -> Results:
    results = Results(same={"script": "", "terraform": "1 to create"},
                      bound={"identity": 1, "facts": 20, "listings": 60, "aspects": 42, "reads": 44, "bound": 123})
    for name, step, delay, wall, cpu, peak, calls in (
        ("tapctl", COLD, 0, 3.0, 2.0, 130, {"kms CreateKey": 2}),
        ("tapctl", AGAIN, 0, 1.5, 1.0, 130, {"kms DescribeKey": 2}),
        ("tapctl", COLD, 30, 4.0, 2.0, 130, {"kms CreateKey": 2}),
        ("tapctl", "--help", 0, 0.1, 0.1, 20, {}),
        ("script", COLD, 0, 3.2, 2.0, 150, {"kms CreateKey": 2}),
        ("script", COLD, 30, 8.0, 2.0, 150, {"kms CreateKey": 2}),
        ("terraform", COLD, 0, 180.0, 11.0, 1400, {"kms CreateKey": 2, "kms GetKeyPolicy": 8}),
        ("terraform", AGAIN, 0, 8.0, 7.0, 1400, {"kms GetKeyPolicy": 3}),
    ):
        for factor in (1, 1, 9):  # the median is not moved by one slow run
            results.add(name, step, delay, Sample(0, wall * factor, cpu, peak, ""), calls)
    return results


def test_the_figures_to_reach_are_judged_on_medians() -> None:
    goals = {words: (round(bound, 3), round(measured, 3)) for words, bound, measured in report.goals(recorded())}
    assert goals["up cold: wall, of Terraform's"] == (0.1, 0.017)
    assert goals["up cold, 30 ms a call: wall, of the script's"] == (0.6, 0.5)
    assert goals["up, nothing to change: wall, of Terraform's apply"] == (0.167, 0.188)
    assert goals["up, nothing to change: calls, of Terraform's (about half)"] == (0.55, 0.667)
    assert goals["up, nothing to change: calls that change something"] == (0, 0)
    assert goals["up cold: peak memory, of Terraform's"] == (0.1, 0.093)
    assert goals["--help: s of CPU"] == (0.2, 0.1)
    assert not any(words.startswith(("down", "plan")) for words in goals), "what was not measured is not judged"


def test_the_screen_shows_costs_ratios_operations_and_goals() -> None:
    console = Console(width=200, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    report.show(recorded(), console)
    lines = console.export_text().splitlines()

    def cells(start: str) -> list[str]:
        line = next(line for line in lines if line.replace("│", " ").strip().startswith(start))
        return [cell.strip() for cell in line.strip("│").split("│")]

    assert cells("up cold") == ["up cold", "tapctl", "3.00", "2.00", "130", "2 (2)", "", "", "", ""]
    assert cells("terraform") == ["", "terraform", "180.00", "11.00", "1400", "10 (2)", "0.02", "0.18", "0.09", "0.20"]
    assert cells("kms CreateKey") == ["kms CreateKey", "2", "", "2", "2", ""]
    assert cells("up, nothing to change: wall")[-1] == "NOT MET"
    assert cells("up cold, 30 ms a call")[-1] == "met"
    text = "\n".join(lines)
    assert "30 ms added to each call" in text
    assert "needs 123 calls" in text
    assert "on what script built: nothing to change" in text
    assert "on what terraform built: NOT THE SAME STACK\n1 to create" in text
    assert "fixed waiting in its provider" in text


def test_the_figures_can_be_had_as_json() -> None:
    said = json.loads(recorded().as_json())
    assert said["figures"][0]["wall"] == [3.0, 3.0, 27.0]
    assert said["figures"][0]["calls"] == {"kms CreateKey": 2}
    assert said["bound"]["bound"] == 123
