"""Flags that aren't there, lack a value, have a wrong one, or contradict each other."""

from __future__ import annotations

from tapctl.errors import Exit
from tests.bad_input.row import KEYS, Row


def misused(args: str, *said: str) -> Row:
    return Row(said, Exit.USAGE, args)


REGIONAL = ("up", "plan", "status", "verify", "doctor", "down", "outputs", "graph")
FLAGS = (
    misused("destroy", "No such command 'destroy'", "`tapctl --help`"),
    misused("pln --env staging", "No such command 'pln'", "`tapctl --help`"),
    misused("--env staging up", "No such option: --env", "`tapctl --help`"),
    misused("local begin", "No such command 'begin'", "`tapctl local --help`"),
    misused("up --force", "No such option: --force", "`tapctl up --help`"),
    misused("up -z", "No such option: -z", "`tapctl up --help`"),
    misused("up --regoin us-east-1", "No such option: --regoin", "--region", "`tapctl up --help`"),
    misused("status --prune --env staging", "No such option: --prune", "`tapctl status --help`"),
    misused("status --yes --env staging", "No such option: --yes", "`tapctl status --help`"),
    misused("unlock --region us-east-1 --env staging", "No such option: --region", "`tapctl unlock --help`"),
    misused("up --env staging extra", "unexpected extra argument", "extra", "`tapctl up --help`"),
    misused("up --yes=true --env staging", "'--yes' does not take a value", "--help"),
    # values that are missing or of another kind
    misused("up --env", "'--env' requires an argument", "--help"),
    *(misused(f"{command} --region", "'--region' requires an argument", "--help") for command in REGIONAL),
    *(misused(f"{command} --config", "'--config' requires an argument", "--help") for command in (*REGIONAL, "unlock")),
    misused("down --certificate", "'--certificate' requires an argument", "--help"),
    misused("plan --save", "'--save' requires an argument", "--help"),
    misused("up --plan", "'--plan' requires an argument", "--help"),
    misused("verify --only", "'--only' requires an argument", "--help"),
    misused("verify --skip", "'--skip' requires an argument", "--help"),
    misused("outputs --file", "'--file' requires an argument", "--help"),
    *(misused(f"{command} --env staging --output yaml", "'--output'", "'yaml' is not one of 'text', 'json'",
              f"`tapctl {command} --help`") for command in ("up", "plan", "status", "doctor", "down")),
    misused("log last --output yaml", "'--output'", "'yaml' is not one of 'text', 'json'", "`tapctl log --help`"),
    misused("verify --env staging --output xml", "'--output'", "'xml' is not one of 'text', 'json', 'junit'"),
    misused("diff staging", "Missing argument", "OTHER", "`tapctl diff --help`"),
    misused("diff staging staging", "staging can't be compared with itself", "name two environments"),
    misused("diff staging production extra", "unexpected extra argument", "`tapctl diff --help`"),
    misused("diff staging production --output yaml", "'--output'", "'yaml' is not one of 'text', 'json'"),
    misused("diff staging production --region", "'--region' requires an argument", "--help"),
    misused("diff staging production --config", "'--config' requires an argument", "--help"),
    Row(["--env = 'Live'", "lower-case", '"production"'], args="diff Live staging"),
    misused("graph --file", "'--file' requires an argument", "--help"),
    misused("graph --env staging --format png", "'--format'", "'png' is not one of 'text', 'svg', 'mermaid', 'dot'"),
    misused("outputs --env staging --format xml", "'--format'", "'xml' is not one of 'json', 'env', 'github', 'flat'"),
    misused("up --env staging --wait soon", "'--wait'", "a valid number", "`tapctl up --help`"),
    misused("up --env staging --wait -1", "'--wait'", "greater than or equal to 0", "`tapctl up --help`"),
    misused("down --env staging --wait nan", "'--wait'", "greater than or equal to 0", "`tapctl down --help`"),
    misused("down --env staging --certificate it --quiet-seconds -1", "'--quiet-seconds'", "than or equal to 0"),
    misused("down --env staging --certificate it --quiet-seconds 1.5", "'--quiet-seconds'", "a valid integer"),
    misused("local start --speed fast", "--speed fast is not a speed", "a number above 0, or `instant`"),
    misused("local start --speed 0", "--speed 0 is not a speed", "a number above 0"),
    misused("local start --speed -3", "--speed -3 is not a speed", "a number above 0"),
    misused("local start --speed nan", "--speed nan is not a speed", "a number above 0"),
    misused("local start --speed 1e-320", "--speed 1e-320 is not a speed", "a number above 0"),
    # what no setting or check has
    Row(["--env = 'Staging'", "lower-case", '"production"'], args="plan --env Staging"),
    Row(["--env = ''", "no environment name"], args="up --yes --env ''"),
    Row(["--env = 'a b'", "no environment name"], args="down --yes --env 'a b'"),
    misused("up --env staging --region eu-west-1", "--region eu-west-1 is not one of the stack's regions",
            "regions = us-east-1, us-west-2", "add the region to config.toml"),
    misused("outputs --env staging --region us-east-1 --region mars", "--region mars is not the name of an AWS region"),
    misused("down --env staging --yes --region mars", "--region mars is not the name of an AWS region", '"us-east-1"'),
    misused("down --env staging --yes --region ''", "--region  is not the name of an AWS region", '"us-east-1"'),
    misused("plan --env staging --region '\x1b[2J'", "--region \\x1b[2J is not the name of an AWS region"),
    misused("local start --speed 'a\nb'", "--speed a b is not a speed"),
    Row(["\\x1b[2J can't be read", "No such file"], args="plan --env staging --config '\x1b[2J'"),
    misused("verify --env staging --only encryption --skip encryption", "no check is left", "leave one of them out"),
    misused("verify --env staging --only encryptoin", "--only encryptoin", "is no check", "encryption"),
    misused("verify --env staging --skip zzz", "--skip zzz", "is no check"),
    misused("log last", "there is no log of any run", "`tapctl log` lists those that there are"),
    misused("log ''", "there is no log of a run ''", "`tapctl log` lists"),
    misused("log '\x1b[2J'", "there is no log of a run '\\x1b[2J'", "`tapctl log` lists"),
    misused("log --failed", "are of one run", "no run is named", "`tapctl log last`"),
    misused("log --timeline it.html", "are of one run", "no run is named", "`tapctl log last`"),
    *(misused(f"{command} --env staging --timeline no/it", "--timeline no/it can't be written", "No such file",
              "name a file that can") for command in ("up --yes", "down --yes")),
    misused("log --calls", "are of one run", "no run is named", "`tapctl log last`"),
    misused("log last last", "unexpected extra argument", "`tapctl log --help`"),
    # contradictions, and what can't be done without
    *(misused(command, "no environment is named", "tapctl never chooses", "--env staging", "ENVIRONMENT")
      for command in ("up", "plan", "verify", "down --yes", "outputs", "graph", "doctor", "unlock --yes")),
    misused("up --env staging --prune --region us-east-1", "--prune and --region don't go together",
            "the whole stack", "leave one of them out"),
    misused("plan --env staging --prune --region us-east-1", "--prune and --region don't go together"),
    *(misused(f"up --env staging --plan it {flag}", "--plan goes with neither --region nor --prune nor --refresh-ami",
              "leave these out") for flag in ("--prune", "--refresh-ami", "--region us-east-1")),
    misused("down --env staging --yes --quiet-seconds 5", "--quiet-seconds without --certificate", "give both"),
    Row(["there is nobody to ask", "this is no terminal", "--yes carries the plan out"], Exit.USAGE,
        "up --env staging", environ={**KEYS, "TAPCTL_REGIONS": "us-east-1"}, emulated=True),
    Row(["--region eu-west-1: there is nothing of this stack"], Exit.USAGE,
        "down --env staging --yes --region eu-west-1", environ=KEYS, emulated=True),
)
