"""Assess classifiers, let them abstain, and let a training end early with the best so far.

Revision 8c1f0a7d52e3, after 2b8e4c6f1a57, made 2026-11-26 03:35:00+00:00.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "8c1f0a7d52e3"
down_revision = "2b8e4c6f1a57"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "classifier", sa.Column("assessment", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("classifier", sa.Column("abstain_below", sa.DOUBLE_PRECISION(), nullable=True))
    op.add_column(
        "classifier",
        sa.Column("keep_requested", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("classifier", "keep_requested")
    op.drop_column("classifier", "abstain_below")
    op.drop_column("classifier", "assessment")
