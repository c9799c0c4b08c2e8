"""Receive uploads in parts, and keep the answers to repeatable requests.

Revision 7c1d0e5a9b42, after 7c0f5a1d93e2, made 2026-11-26 03:20:00+00:00.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "7c1d0e5a9b42"
down_revision = "7c0f5a1d93e2"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=True),
        sa.Column("upload_id", sa.Uuid(), nullable=True),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("bytes > 0", name=op.f("ck_transfer_bytes_positive")),
        sa.ForeignKeyConstraint(
            ["upload_id"], ["upload.id"], name=op.f("fk_transfer_upload_id_upload"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_transfer_owner_id_account")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index(op.f("ix_transfer_created_at"), "transfer", ["created_at"], unique=False)
    op.create_index(op.f("ix_transfer_owner_id"), "transfer", ["owner_id"], unique=False)
    op.create_index(op.f("ix_transfer_upload_id"), "transfer", ["upload_id"], unique=False)
    op.create_table(
        "kept_answer",
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("headers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["account.id"], name=op.f("fk_kept_answer_owner_id_account")),
        sa.PrimaryKeyConstraint("owner_id", "key", name=op.f("pk_kept_answer")),
    )
    op.create_index(op.f("ix_kept_answer_created_at"), "kept_answer", ["created_at"], unique=False)
    op.create_index(op.f("ix_kept_answer_owner_id"), "kept_answer", ["owner_id"], unique=False)


def downgrade() -> None:
    op.drop_index(op.f("ix_kept_answer_owner_id"), table_name="kept_answer")
    op.drop_index(op.f("ix_kept_answer_created_at"), table_name="kept_answer")
    op.drop_table("kept_answer")
    op.drop_index(op.f("ix_transfer_upload_id"), table_name="transfer")
    op.drop_index(op.f("ix_transfer_owner_id"), table_name="transfer")
    op.drop_index(op.f("ix_transfer_created_at"), table_name="transfer")
    op.drop_table("transfer")
