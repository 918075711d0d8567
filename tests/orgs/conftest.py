import pytest

from tests.orgs.smtp import Sink


@pytest.fixture
def smtp(settings):
    """A mail server that this test's mails go to."""
    sink = Sink()
    sink.start()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", sink.port
    settings.EMAIL_TIMEOUT = 0.5
    yield sink
    sink.stop()
