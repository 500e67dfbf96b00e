"""What RDS offers: engine versions and instance classes. A picture of mid 2026, enough to choose from and to refuse."""

from __future__ import annotations

MINORS: dict[str, dict[str, tuple[str, ...]]] = {
    "postgres": {"14": ("14.18", "14.20"), "15": ("15.13", "15.15"), "16": ("16.9", "16.11"),
                 "17": ("17.4", "17.5", "17.7"), "18": ("18.1", "18.3")},
    "mysql": {"8.0": ("8.0.42", "8.0.44"), "8.4": ("8.4.6", "8.4.7")},
}
DEFAULT_MAJOR = {"postgres": "17", "mysql": "8.4"}
# db.t3 is not offered from PostgreSQL 18 on.
_CLASSES = {"db.t3": ("micro", "small", "medium", "large"), "db.t4g": ("micro", "small", "medium", "large"),
            "db.m7g": ("large", "xlarge")}


def major_of(engine: str, version: str) -> str | None:
    """The major that a version is of, or is; None: there is none such."""
    majors = MINORS.get(engine, {})
    return next((major for major, minors in majors.items() if version == major or version in minors), None)


def full_version(engine: str, version: str | None) -> str | None:
    """What RDS makes of a version: its default for none, the major's latest for a major."""
    if engine not in MINORS:
        return version
    wanted = version or DEFAULT_MAJOR[engine]
    major = major_of(engine, wanted)
    return None if major is None else MINORS[engine][major][-1] if wanted == major else wanted


def classes(engine: str, version: str) -> list[str]:
    return [f"{family}.{size}" for family, sizes in _CLASSES.items() for size in sizes
            if not (family == "db.t3" and engine == "postgres" and version.startswith("18"))]


def offered(engine: str, version: str, instance_class: str) -> bool:
    """Families that the catalogue doesn't hold are nobody's business here."""
    family = instance_class.rpartition(".")[0]
    return family not in _CLASSES or engine not in MINORS or instance_class in classes(engine, version)
