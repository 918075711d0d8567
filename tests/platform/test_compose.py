"""The compose file: whole, without secrets, and it names all that the settings read."""

import ast
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docker-compose.yml").read_text(encoding="utf-8")
COMPOSE = yaml.safe_load(TEXT)
APPLICATION = ("migrate", "web", "worker-mail", "worker-bulk", "worker-default", "beat", "operator")
# What the image fixes, and what only development has.
ELSEWHERE = {"STATIC_ROOT", "MEDIA_ROOT", "REDIS_PREFIX", "DEBUG", "DEV_PAGES", "MAILBOX_DIR"}


def settings_variables() -> dict[str, bool]:
    """Every environment variable the settings read, and whether it is required."""
    found = {}
    for node in ast.walk(ast.parse((ROOT / "config/settings.py").read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call):
            continue
        reader = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if isinstance(reader, ast.Name) and reader.id == "env":
            required = not any(keyword.arg == "default" for keyword in node.keywords)
            found[node.args[0].value] = required
    return found


def test_every_part_of_the_product_is_a_service():
    assert set(COMPOSE["services"]) == {"db", "valkey", *APPLICATION}
    queues = {COMPOSE["services"][name]["environment"]["QUEUE"] for name in APPLICATION if "worker" in name}
    assert queues == {"mail", "bulk", "default"}


def test_every_service_of_the_application_gets_what_the_settings_require():
    required = {name for name, needed in settings_variables().items() if needed}
    assert required == {"DATABASE_URL", "REDIS_URL", "SECRET_KEY"}
    for name in APPLICATION:
        environment = COMPOSE["services"][name]["environment"]
        assert all(environment[variable] for variable in required), name


def test_every_variable_of_the_settings_can_be_set():
    environment = COMPOSE["services"]["web"]["environment"]
    assert settings_variables().keys() - environment.keys() - ELSEWHERE == set()


def test_the_example_names_every_variable():
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    example = set(re.findall(r"^#? ?([A-Z_]+)=", text, re.MULTILINE))
    assert settings_variables().keys() - example == set()
    assert set(re.findall(r"\$\{([A-Z_]+)", TEXT)) - example == set()


def test_the_file_holds_no_secret():
    for name, service in COMPOSE["services"].items():
        for variable, value in service.get("environment", {}).items():
            if re.search(r"PASSWORD|SECRET|DATABASE_URL|TOKEN|DSN", variable) and value is not None:
                assert re.search(r"\$\{\w+:\?", value), f"{name}: {variable}"


def test_the_application_does_not_get_the_superusers_password():
    for name in set(APPLICATION) - {"operator"}:
        assert "POSTGRES_PASSWORD" not in str(COMPOSE["services"][name]["environment"]), name


def test_whatever_stays_has_a_health_check_and_starts_again():
    for name in ("db", "valkey", "web", "worker-mail", "worker-bulk", "worker-default"):
        service = COMPOSE["services"][name]
        assert service["restart"] == "unless-stopped", name
        assert service["healthcheck"]["test"], name
    assert COMPOSE["services"]["beat"]["restart"] == "unless-stopped"


def test_volumes_and_configs_that_are_used_are_declared():
    used = {
        mount.split(":")[0]
        for service in COMPOSE["services"].values()
        for mount in service.get("volumes", [])
    }
    assert used == set(COMPOSE["volumes"])
    assert {entry["source"] for entry in COMPOSE["services"]["db"]["configs"]} == set(COMPOSE["configs"])
