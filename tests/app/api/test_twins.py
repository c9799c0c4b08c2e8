"""What a page does, the API does: every route of a page names the operation that is its twin."""

from collections.abc import Iterator
from typing import Final

from fastapi.routing import APIRoute, iter_route_contexts

from app.main import create_app
from app.settings import load_settings
from app.web.description import PREFIX, operations

APP = create_app(load_settings())
OPERATIONS: Final = {operation["operationId"]: method for _, method, operation in operations(APP.openapi())}

TWINS: Final = {
    "GET /": "list_datasets list_classifiers list_uploads list_unfinished",
    "POST /demo": "put_upload post_dataset post_recommendation",
    "GET /licences": "list_modules",
    "GET /uploads/{upload_id}": "get_upload",
    "POST /uploads": "put_upload",
    "POST /uploads/{upload_id}/discard": "delete_upload",
    "GET /datasets/{dataset_id}": "get_dataset get_health get_sharing",
    "POST /datasets": "post_dataset",
    "POST /datasets/{dataset_id}/rare": "put_rare",
    "POST /datasets/{dataset_id}/fixes": "put_fix delete_fix",
    "POST /datasets/{dataset_id}/fixes/cancel": "cancel_job",
    "POST /datasets/{dataset_id}/health": "post_health",
    "POST /datasets/{dataset_id}/sharing": "put_sharing",
    "GET /datasets/{dataset_id}/delete": "get_dataset",
    "POST /datasets/{dataset_id}/delete": "delete_dataset",
    "POST /recommendations": "post_dataset post_recommendation",
    "POST /datasets/{dataset_id}/recommendations": "post_recommendation",
    "GET /recommendations/{recommendation_id}": "get_recommendation",
    "POST /recommendations/{recommendation_id}/questions": "post_recommendation",
    "POST /recommendations/{recommendation_id}/classifiers": "post_classifier",
    "GET /classifiers/{classifier_id}": "get_classifier get_assessment get_errors get_job",
    "POST /classifiers/{classifier_id}/again": "post_again",
    "POST /classifiers/{classifier_id}/try": "post_predictions",
    "GET /classifiers/{classifier_id}/bundle": "get_bundle",
    "POST /classifiers/{classifier_id}/threshold": "put_threshold",
    "POST /classifiers/{classifier_id}/cancel": "cancel_job",
    "POST /classifiers/{classifier_id}/keep": "post_keep",
    "POST /classifiers/{classifier_id}/delete": "delete_classifier",
    "POST /classifiers/{classifier_id}/files": "classify_file",
    "GET /experience": "get_tasks",
    "GET /experience/tasks/{task_id}": "get_task get_runs",
    "GET /experience/runs": "get_runs",
    "GET /experience/map": "get_map",
    "GET /experience/checkpoints": "get_checkpoints",
    "GET /experience/checkpoints/{checkpoint_id}": "get_checkpoint",
    "GET /experience/checkpoints/{checkpoint_id}/MODEL_CARD.md": "get_checkpoint",
    "GET /track-record": "get_track_record get_own_outcomes",
    "GET /account": "get_account get_logins get_tokens get_receipts",
    "POST /account/deletions": "delete_everything",
    "GET /account/end": "get_account",
    "POST /account/end": "end_account",
    "GET /account/receipts/{receipt_id}": "get_receipt",
    "GET /account/receipts/{receipt_id}/receipt.json": "get_receipt",
    "POST /account/sessions/{login_id}/end": "end_login",
    "POST /account/tokens": "post_token",
    "POST /account/tokens/{token_id}/revoke": "delete_token",
}
OF_BROWSERS_ONLY: Final = {
    "GET /api": "It is about the API.",
    "GET /demo.csv": "A file that everybody may fetch.",
    "GET /login": "A token takes its place.",
    "POST /login": "A token takes its place.",
    "POST /logout": "Revoking a token takes its place.",
    "GET /register": "An account is made by a person.",
    "POST /register": "An account is made by a person.",
    "POST /account/password": "A token that is stolen must not lock its owner out.",
}


def page_routes() -> Iterator[str]:
    described = {(method.upper(), path) for path, method, _ in operations(APP.openapi())}
    for route in iter_route_contexts(APP.routes):
        if isinstance(route.original_route, APIRoute):
            for method in sorted(route.methods or ()):
                if (method, str(route.path)) not in described:
                    yield f"{method} {route.path}"


def test_every_route_of_a_page_has_a_twin_in_the_api_or_says_why_not() -> None:
    assert sorted(page_routes()) == sorted([*TWINS, *OF_BROWSERS_ONLY])
    assert not [route for route in page_routes() if route.split()[1].startswith(PREFIX)]


def test_a_twin_is_an_operation_there_is_and_changes_what_the_page_changes() -> None:
    for route, twins in TWINS.items():
        methods = {OPERATIONS[twin] for twin in twins.split()}
        assert (methods == {"get"}) == route.startswith("GET "), route
