"""What an operator may set: one frozen class, each field with its meaning, unit, default and limits.

Bounds that nobody may change stand in `limits.py`. The server's processes hand a `Config` to one another as JSON;
`python -m hashsvc.config --markdown` writes docs/config.md.
"""

from __future__ import annotations

import math
import re
import sys
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from hashsvc import limits
from hashsvc.errors import InvalidArgument

_NAME = r"[A-Za-z0-9][A-Za-z0-9._@+\-]*"
_NAMES = rf"^$|^ *{_NAME} *(, *{_NAME} *)*$"


def _says(description: str, unit: str) -> Meta:
    return Meta(description=description, extra={"unit": unit})


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything that `serve` can be told. Make one with `make`, which checks the limits."""

    data_dir: Annotated[str, Meta(min_length=1), _says("Directory of the list, made by `hashsvc init`.", "path")]
    listen: Annotated[
        str,
        Meta(pattern=r"^.+:[0-9]{1,5}$"),
        _says("Where calls are answered. Loopback only: there is no TLS yet. Port 0 picks a free one.", "HOST:PORT"),
    ] = "127.0.0.1:50051"
    workers: Annotated[
        int, Meta(ge=0, le=256), _says("Processes that answer calls; 0 = one for each core we may use.", "processes")
    ] = 0
    pin: Annotated[
        bool,
        _says("Bind each worker to one core. Without it a worker answers some 40 % fewer calls.", "yes or no"),
    ] = True
    metrics_listen: Annotated[
        str,
        Meta(pattern=r"^$|^.+:[0-9]{1,5}$"),
        _says("Where Prometheus scrapes all workers at once; empty = nowhere. Loopback only.", "HOST:PORT"),
    ] = ""
    handler_threads: Annotated[
        int,
        Meta(ge=1, le=64),
        _says(
            "Threads of a worker that answer checks and reads of one entry. 8 were fastest; 32 cost a quarter.",
            "threads",
        ),
    ] = 8
    calls_max: Annotated[
        int,
        Meta(ge=32, le=4096),
        _says("Calls in a worker at once, waiting ones included; the rest is refused.", "calls"),
    ] = 256
    bulk_running_max: Annotated[
        int, Meta(ge=1, le=limits.BULK_RUNNING_MAX), _says("Bulk calls that run at once in a worker.", "calls")
    ] = limits.BULK_RUNNING_MAX
    bulk_waiting_max: Annotated[
        int,
        Meta(ge=0, le=limits.BULK_WAITING_MAX),
        _says("Bulk calls that wait for one of those; the rest is refused with RetryInfo.", "calls"),
    ] = limits.BULK_WAITING_MAX
    bulk_nice: Annotated[
        int,
        Meta(ge=0, le=19),
        _says("How far threads of bulk calls and pages stand behind those of checks (Unix nice value).", "nice value"),
    ] = 10
    page_running_max: Annotated[
        int, Meta(ge=1, le=16), _says("Calls that read pages (lists, history, changes) at once in a worker.", "calls")
    ] = 2
    page_waiting_max: Annotated[
        int, Meta(ge=0, le=256), _says("Calls that wait for one of those; the rest is refused with RetryInfo.", "calls")
    ] = 32
    write_waiting_max: Annotated[
        int,
        Meta(ge=1, le=limits.WRITE_QUEUE_MAX),
        _says("Writes of a worker that wait for their commit; the rest is refused.", "calls"),
    ] = 64
    connection_age_seconds: Annotated[
        int,
        Meta(ge=10, le=86_400),
        _says("Age at which a connection is asked to come anew, so that load spreads over the workers.", "seconds"),
    ] = 600
    drain_seconds: Annotated[
        int, Meta(ge=0, le=300), _says("Time that calls in flight are given to finish at a stop.", "seconds")
    ] = 15
    scrub_interval_hours: Annotated[
        float,
        Meta(ge=0, le=24 * 365),
        _says("Time between two verifications of the whole list against its log; 0 = never.", "hours"),
    ] = 24.0
    private_lookups: Annotated[
        bool,
        _says(
            "Answer CheckPrefixes. Until callers have proven identities, whoever reaches the service may ask.",
            "yes or no",
        ),
    ] = False
    private_prefixes_max: Annotated[
        int,
        Meta(ge=1, le=10_000_000),
        _says("Different hash prefixes that a worker answers in a day; the rest is refused.", "prefixes"),
    ] = 100_000
    private_cache_seconds: Annotated[
        int,
        Meta(ge=0, le=86_400),
        _says("How long callers may keep an answer of CheckPrefixes: so late a change may reach them.", "seconds"),
    ] = 300
    casework_source: Annotated[
        str,
        Meta(min_length=1, max_length=limits.SOURCE_CHARS_MAX),
        _says("The organisation in whose name casework lists what its people decide.", "name"),
    ] = "hotline"
    casework_lease_minutes: Annotated[
        float, Meta(ge=0.01, le=24 * 60), _says("How long a claim of a case holds; then others may take it.", "minutes")
    ] = 60.0
    exposure_hours_a_day: Annotated[
        float,
        Meta(ge=0.01, le=24),
        _says("How long one person may look at cases in a day (UTC); further claims are refused.", "hours"),
    ] = 4.0
    exposure_run_minutes: Annotated[
        float,
        Meta(ge=0.01, le=24 * 60),
        _says("How long one person may look at cases without a break; then claims are refused until one.", "minutes"),
    ] = 60.0
    exposure_break_minutes: Annotated[
        float, Meta(ge=0.01, le=24 * 60), _says("How long such a break is at least.", "minutes")
    ] = 10.0
    seniors: Annotated[
        str,
        Meta(pattern=_NAMES),
        _says("People whose opinion settles a case that others differ about, with commas between.", "names"),
    ] = ""
    regrade_share: Annotated[
        float,
        Meta(ge=0, le=1),
        _says("Share of decided cases that somebody else grades again, blind; drawn at random.", "0 to 1"),
    ] = 0.05
    retention_days: Annotated[
        int,
        Meta(ge=0, le=limits.RETENTION_DAYS_MAX),
        _says("Days that a report is kept after it closed. The list keeps what was decided.", "days"),
    ] = 30
    contact_days: Annotated[
        int,
        Meta(ge=1, le=limits.RETENTION_DAYS_MAX),
        _says(
            "Days after its report closed that a reporter's contact is kept if no feedback was sent. No less than "
            "report_state_hours: feedback is due after those.",
            "days",
        ),
    ] = 30
    report_verdicts: Annotated[
        bool,
        _says(
            "Tell whoever brings a report what the list says of it. Until callers have proven identities, to whoever "
            "reaches the service.",
            "yes or no",
        ),
    ] = False
    report_misses_a_minute: Annotated[
        int,
        Meta(ge=1, le=100_000),
        _says(
            "Wrong reference codes that a worker answers a caller in a minute, four times as many to all; past them "
            "GetReport is refused, right codes too.",
            "calls",
        ),
    ] = 60
    report_state_hours: Annotated[
        float,
        Meta(ge=0, le=24 * 365),
        _says(
            "Time for which GetReport tells every report as received. Longer than most take to be decided, so that one "
            "that closed at once cannot be told from others.",
            "hours",
        ),
    ] = 24.0
    journal_days: Annotated[
        int,
        Meta(ge=limits.JOURNAL_DAYS_MIN, le=limits.JOURNAL_DAYS_MAX),
        _says("Days that journals of matches are kept: so long a retraction can be told to who acted on it.", "days"),
    ] = 90
    log_level: Annotated[
        str,
        Meta(pattern="^(debug|info|warning|error)$"),
        _says("Least level of log lines: debug, info, warning, error.", ""),
    ] = "info"
    log_style: Annotated[
        str,
        Meta(pattern="^(auto|json|text)$"),
        _says("json, text (for people), or auto: text on a terminal, else json.", ""),
    ] = "auto"


def make(**values: Any) -> Config:
    """Make a Config from its fields by name. Raises InvalidArgument BAD_CONFIG naming the field."""
    try:
        config = msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        field = re.search(r"\$\.(\w+)", str(error))
        raise InvalidArgument("BAD_CONFIG", str(error), field=field.group(1) if field else "") from error
    if config.contact_days * 24 < config.report_state_hours:
        raise InvalidArgument(
            "BAD_CONFIG",
            f"contacts would be erased before feedback is due; right is {math.ceil(config.report_state_hours / 24)} or "
            "more, or a shorter report_state_hours",
            field="contact_days",
        )
    return config


def to_json(config: Config) -> str:
    return msgspec.json.encode(config).decode()


def from_json(text: str) -> Config:
    return msgspec.json.decode(text, type=Config)


def split_address(address: str, field: str) -> tuple[str, int]:
    """Split HOST:PORT or [V6]:PORT. Raises InvalidArgument BAD_ADDRESS."""
    host, _, port_text = address.rpartition(":")
    if not host or not port_text.isdigit() or int(port_text) > 65_535:
        raise InvalidArgument("BAD_ADDRESS", "an address is HOST:PORT, with brackets around an IPv6 host", field=field)
    return host.removeprefix("[").removesuffix("]"), int(port_text)


_HOW_SET = (
    "A setting is set where the service is started: `hashsvc serve --data ./list --set drain_seconds=5`, `--set` once",
    "for each; `data_dir`, `listen`, `workers`, `metrics_listen` and `log_level` have options of their own",
    "([cli.md](cli.md)). A wrong name or value is told, and nothing starts. A change needs a restart: there is no file",
    "of settings yet, and nothing is read anew while the service runs.",
    "",
    "Not settings: how many people must agree is said once, by `hashsvc init --people-required N`; it stands in the",
    "list's first change, a restore keeps it, and nothing changes it later. Distances and qualities are the policy,",
    "which several people change while the service runs ([casework.md](casework.md)).",
)


def markdown() -> str:
    """Write docs/config.md: one table, a row a field."""
    lines = [
        "# Configuration",
        "",
        "Generated from `hashsvc/config.py` by `python -m hashsvc.config --markdown`. Do not edit.",
        "",
        *_HOW_SET,
        "",
        "| field | meaning | unit | default | limits |",
        "|---|---|---|---|---|",
    ]
    info = msgspec.inspect.type_info(Config)
    assert isinstance(info, msgspec.inspect.StructType)
    for field in info.fields:
        meaning, unit, limit = _facts(field.type)
        default = "required" if field.required else _spelt(field.default)
        lines.append(f"| `{field.name}` | {meaning} | {unit} | {default} | {limit} |")
    return "\n".join(lines) + "\n"


def _facts(kind: msgspec.inspect.Type) -> tuple[str, str, str]:
    """Find meaning, unit and limits of a field's type."""
    meaning = unit = ""
    while isinstance(kind, msgspec.inspect.Metadata):
        meaning = str((kind.extra_json_schema or {}).get("description", meaning))
        unit = str((kind.extra or {}).get("unit", unit))
        kind = kind.type
    least, most = getattr(kind, "ge", None), getattr(kind, "le", None)
    return meaning, unit, f"{least} to {most}" if most is not None else ""


def _spelt(value: object) -> str:
    if value == "":
        return "empty"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


if __name__ == "__main__":
    if sys.argv[1:] != ["--markdown"]:
        sys.exit("usage: python -m hashsvc.config --markdown > docs/config.md")
    sys.stdout.write(markdown())
