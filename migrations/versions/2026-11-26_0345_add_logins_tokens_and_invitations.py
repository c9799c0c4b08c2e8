"""Add logins, API tokens, invitations, and what an account has used up.

Revision 9d41e7b2c605, after 8c1f0a7d52e3, made 2026-11-26 03:45:10.330142+00:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "9d41e7b2c605"
down_revision = "8c1f0a7d52e3"
branch_labels = None
depends_on = None


def moment(name: str, *, nullable: bool = False) -> "sa.Column[object]":
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def made() -> "sa.Column[object]":
    return sa.Column(
        "created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
    )


def owner(table: str) -> list[sa.schema.SchemaItem]:
    key = sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f(f"fk_{table}_owner_id_account"))
    return [sa.Column("owner_id", sa.Uuid(), nullable=False), key]


def upgrade() -> None:
    op.create_table(
        "login",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("browser", sa.Text(), nullable=False),
        made(),
        moment("seen_at"),
        moment("ends_at"),
        *owner("login"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_login")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_login_secret_hash")),
    )
    op.create_table(
        "token",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        made(),
        moment("used_at", nullable=True),
        moment("ends_at", nullable=True),
        *owner("token"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_token")),
        sa.UniqueConstraint("prefix", name=op.f("uq_token_prefix")),
    )
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.Text(), nullable=False),
        made(),
        moment("ends_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_invitation")),
        sa.UniqueConstraint("secret_hash", name=op.f("uq_invitation_secret_hash")),
    )
    op.create_index(op.f("ix_invitation_email"), "invitation", ["email"], unique=False)
    op.create_table(
        "usage",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("predictions", sa.BigInteger(), nullable=False),
        *owner("usage"),
        sa.PrimaryKeyConstraint("owner_id", "day", name=op.f("pk_usage")),
    )
    for table in ("login", "token", "usage"):
        op.create_index(op.f(f"ix_{table}_owner_id"), table, ["owner_id"], unique=False)


def downgrade() -> None:
    for table in ("usage", "invitation", "token", "login"):
        op.drop_table(table)
