"""Keep receipts of deletions.

Revision 2b8e4c6f1a57, after 7c1d0e5a9b42, made 2026-11-26 03:30:41.501002+00:00.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "2b8e4c6f1a57"
down_revision = "7c1d0e5a9b42"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_receipt_owner_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_receipt")),
    )
    op.create_index(op.f("ix_receipt_owner_id"), "receipt", ["owner_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_receipt_owner_id"), table_name="receipt")
    op.drop_table("receipt")
