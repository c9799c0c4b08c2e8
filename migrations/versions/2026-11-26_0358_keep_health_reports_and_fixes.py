"""Keep what was found about a dataset and the fixes chosen for it; note what was learned from.

Revision 3f9d2c7be410, after 9d41e7b2c605, made 2026-11-26 03:58:40.204117+00:00.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "3f9d2c7be410"
down_revision = "9d41e7b2c605"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dataset_health",
        sa.Column("dataset_id", sa.Uuid(), nullable=False),
        sa.Column("learned_hash", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(
            ["dataset_id"],
            ["dataset.id"],
            name=op.f("fk_dataset_health_dataset_id_dataset"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["account.id"], name=op.f("fk_dataset_health_owner_id_account")
        ),
        sa.PrimaryKeyConstraint("dataset_id", "learned_hash", name=op.f("pk_dataset_health")),
    )
    op.create_index(op.f("ix_dataset_health_owner_id"), "dataset_health", ["owner_id"], unique=False)
    nothing = sa.text("'{}'::text[]")
    op.add_column("dataset", sa.Column("fixes", sa.ARRAY(sa.Text()), server_default=nothing, nullable=False))
    op.alter_column("dataset", "fixes", server_default=None)
    op.add_column("dataset", sa.Column("fixed_hash", sa.Text(), nullable=True))
    for table in ("recommendation", "classifier"):
        op.add_column(table, sa.Column("learned_hash", sa.Text(), nullable=True))


def downgrade() -> None:
    for table in ("classifier", "recommendation"):
        op.drop_column(table, "learned_hash")
    op.drop_column("dataset", "fixed_hash")
    op.drop_column("dataset", "fixes")
    op.drop_index(op.f("ix_dataset_health_owner_id"), table_name="dataset_health")
    op.drop_table("dataset_health")
