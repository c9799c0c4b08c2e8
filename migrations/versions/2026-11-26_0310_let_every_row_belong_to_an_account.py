"""Let every row of a person belong to an account; what is there belongs to the local one.

Revision 7c0f5a1d93e2, after 44970c5bf688, made 2026-11-26 03:10:12.118230+00:00.
"""

from uuid import UUID

import sqlalchemy as sa
from alembic import op

revision = "7c0f5a1d93e2"
down_revision = "44970c5bf688"
branch_labels = None
depends_on = None

LOCAL_ACCOUNT = UUID(int=1)
OWNED = ("upload", "dataset", "recommendation", "classifier", "job")


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("disabled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("email", name=op.f("uq_account_email")),
    )
    op.execute(sa.table("account", sa.column("id", sa.Uuid())).insert().values(id=LOCAL_ACCOUNT))
    for table in OWNED:
        op.add_column(table, sa.Column("owner_id", sa.Uuid(), nullable=True))
        op.execute(sa.table(table, sa.column("owner_id", sa.Uuid())).update().values(owner_id=LOCAL_ACCOUNT))
        op.alter_column(table, "owner_id", nullable=False)
        op.create_foreign_key(op.f(f"fk_{table}_owner_id_account"), table, "account", ["owner_id"], ["id"])
        op.create_index(op.f(f"ix_{table}_owner_id"), table, ["owner_id"], unique=False)
    op.drop_constraint(op.f("uq_dataset_content_hash"), "dataset", type_="unique")
    op.create_unique_constraint(
        op.f("uq_dataset_owner_id_content_hash"), "dataset", ["owner_id", "content_hash"]
    )
    op.create_index(op.f("ix_dataset_content_hash"), "dataset", ["content_hash"], unique=False)


def downgrade() -> None:
    """Only while no two accounts have the same dataset: the constraint refuses otherwise."""
    op.drop_index(op.f("ix_dataset_content_hash"), table_name="dataset")
    op.drop_constraint(op.f("uq_dataset_owner_id_content_hash"), "dataset", type_="unique")
    op.create_unique_constraint(op.f("uq_dataset_content_hash"), "dataset", ["content_hash"])
    for table in reversed(OWNED):
        op.drop_index(op.f(f"ix_{table}_owner_id"), table_name=table)
        op.drop_column(table, "owner_id")
    op.drop_table("account")
