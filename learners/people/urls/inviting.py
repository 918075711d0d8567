from django.urls import URLPattern, path

from learners.people.views import importing, inviting, mapping, undoing

PROGRAM = "o/<slug:org>/admin/programs/<slug:program>"
IMPORT = f"{PROGRAM}/imports/<int:pk>"

urlpatterns: list[URLPattern] = [
    path(f"{PROGRAM}/learners/invite", inviting.invite, name="invite"),
    path(f"{PROGRAM}/learners/invite/file", importing.bulk_invite, name="bulk_invite"),
    path(f"{PROGRAM}/learners/invite/template.csv", importing.import_template, name="import_template"),
    path(
        f"{PROGRAM}/learners/invite/template.xlsx",
        importing.import_template_xlsx,
        name="import_template_xlsx",
    ),
    path(f"{PROGRAM}/imports", importing.imports, name="imports"),
    path(IMPORT, importing.import_detail, name="import_detail"),
    path(f"{IMPORT}/columns", mapping.import_columns, name="import_columns"),
    path(f"{IMPORT}/start", importing.import_start, name="import_start"),
    path(f"{IMPORT}/discard", importing.import_discard, name="import_discard"),
    path(f"{IMPORT}/undo", undoing.import_undo, name="import_undo"),
    path(f"{IMPORT}/rows.csv", importing.import_rows, name="import_rows"),
]
