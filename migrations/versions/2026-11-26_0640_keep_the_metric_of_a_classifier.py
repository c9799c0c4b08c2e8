"""Keep by which metric the best step of a classifier was told; until now it was accuracy.

Revision 5e7a1c9b4d20, after 3f9d2c7be410, made 2026-11-26 06:40:00+00:00.
"""

import sqlalchemy as sa
from alembic import op

revision = "5e7a1c9b4d20"
down_revision = "3f9d2c7be410"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("classifier", sa.Column("metric", sa.Text(), server_default="accuracy", nullable=False))


def downgrade() -> None:
    op.drop_column("classifier", "metric")
