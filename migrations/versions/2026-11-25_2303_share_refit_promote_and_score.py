"""Share trainings, refit and promote value networks, score recommendations by the truth.

Revision 44970c5bf688, after 5b1c158b8d17, made 2026-11-25 23:03:27.909671+00:00.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "44970c5bf688"
down_revision = "5b1c158b8d17"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "refit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("space_version", sa.Text(), nullable=False),
        sa.Column(
            "state",
            sa.Enum(
                "waiting",
                "promoted",
                "kept",
                "nothing_new",
                "failed",
                "cancelled",
                name="state",
                native_enum=False,
                create_constraint=True,
                length=32,
            ),
            nullable=False,
        ),
        sa.Column("sentence", sa.Text(), nullable=False),
        sa.Column("compared_with", sa.Text(), nullable=True),
        sa.Column("checkpoint_id", sa.Text(), nullable=True),
        sa.Column("tasks", sa.Integer(), nullable=True),
        sa.Column("runs", sa.Integer(), nullable=True),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("run_keys", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"], ["checkpoint.id"], name=op.f("fk_refit_checkpoint_id_checkpoint")
        ),
        sa.ForeignKeyConstraint(
            ["compared_with"], ["checkpoint.id"], name=op.f("fk_refit_compared_with_checkpoint")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refit")),
    )
    op.create_index(op.f("ix_refit_checkpoint_id"), "refit", ["checkpoint_id"], unique=False)
    op.create_index(op.f("ix_refit_space"), "refit", ["space"], unique=False)
    op.create_table(
        "promotion",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("checkpoint_id", sa.Text(), nullable=False),
        sa.Column("refit_id", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["checkpoint_id"], ["checkpoint.id"], name=op.f("fk_promotion_checkpoint_id_checkpoint")
        ),
        sa.ForeignKeyConstraint(
            ["refit_id"], ["refit.id"], name=op.f("fk_promotion_refit_id_refit"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_promotion")),
    )
    op.create_index(op.f("ix_promotion_checkpoint_id"), "promotion", ["checkpoint_id"], unique=False)
    op.create_index(op.f("ix_promotion_refit_id"), "promotion", ["refit_id"], unique=False)
    op.create_table(
        "shared_task",
        sa.Column("task_id", sa.BigInteger(), nullable=False),
        sa.Column("sketch", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["task_id"], ["task.id"], name=op.f("fk_shared_task_task_id_task"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_shared_task")),
    )
    op.create_table(
        "recommendation_truth",
        sa.Column("recommendation_id", sa.Uuid(), nullable=False),
        sa.Column("rank", sa.Integer(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("predicted", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("low", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("high", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("validation_accuracy", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("test_accuracy", sa.DOUBLE_PRECISION(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["recommendation_id"],
            ["recommendation.id"],
            name=op.f("fk_recommendation_truth_recommendation_id_recommendation"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("recommendation_id", "rank", "seed", name=op.f("pk_recommendation_truth")),
    )
    op.add_column("dataset", sa.Column("shared_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("dataset", "shared_at")
    op.drop_table("recommendation_truth")
    op.drop_table("shared_task")
    op.drop_index(op.f("ix_promotion_refit_id"), table_name="promotion")
    op.drop_index(op.f("ix_promotion_checkpoint_id"), table_name="promotion")
    op.drop_table("promotion")
    op.drop_index(op.f("ix_refit_space"), table_name="refit")
    op.drop_index(op.f("ix_refit_checkpoint_id"), table_name="refit")
    op.drop_table("refit")
