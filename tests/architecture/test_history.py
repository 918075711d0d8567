"""History is append-only: the triggers that guard it are set aside in few places, each written down."""

from tests.architecture.source import APPS, ROOT, files

SET_ASIDE = {
    "config/demo/building.py": "the demo writes a past",
    "config/demo/clearing.py": "the demo takes back what it made",
    "learners/people/actions/merging.py": "lines of the ledger follow to the membership that stays",
    "orgs/actions/pseudonyms.py": "an erased person leaves the audit log",
}


def test_the_triggers_of_history_are_set_aside_only_where_the_reason_is_known():
    found = {
        str(path)
        for path in files("*.py")
        if path.parts[0] in (*APPS, "config")
        and "pgtrigger.ignore" in (ROOT / path).read_text(encoding="utf-8")
    }
    assert found == SET_ASIDE.keys()
