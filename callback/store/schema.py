"""Which revision the tables are at, and how they get to the newest: Alembic, without its command line.

The revisions are the files of `callback/migrations/versions`, named `<revision>_<what>.py` and numbered, so
that asking for the newest one needs no Alembic: its 20 MB and 0.2 s are for those who migrate.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy.engine import Connection

if TYPE_CHECKING:
    from alembic.config import Config

_MIGRATIONS = Path(__file__).parents[1] / "migrations"


def known_revisions() -> tuple[str, ...]:
    """All revisions this program knows, oldest first."""
    found = sorted(path.stem.partition("_")[0] for path in (_MIGRATIONS / "versions").glob("[0-9]*_*.py"))
    return tuple(found)


def upgrade(connection: Connection) -> None:
    """Bring the tables to the newest revision, within the connection's transaction."""
    from alembic import command  # noqa: PLC0415  # see the module's docstring

    command.upgrade(_config(connection), "head")


def write_revision(connection: Connection, revision: str, message: str) -> None:
    """Write the file that leads from the newest revision to the models."""
    from alembic import command  # noqa: PLC0415

    upgrade(connection)
    command.revision(_config(connection), message, autogenerate=True, rev_id=revision)


def differences(connection: Connection) -> list[object]:
    """What Alembic would have to change to make the tables agree with the models."""
    from alembic.autogenerate import compare_metadata  # noqa: PLC0415
    from alembic.migration import MigrationContext  # noqa: PLC0415
    from sqlmodel import SQLModel  # noqa: PLC0415

    return list(compare_metadata(MigrationContext.configure(connection), SQLModel.metadata))


def _config(connection: Connection) -> "Config":
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
