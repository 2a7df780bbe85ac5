"""The WSGI application."""

import os
import sys
from importlib import import_module

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tracker.settings")
application = get_wsgi_application()

# The REST framework takes these when they are installed, for what we do not use: 16 MB of every web process.
_UNUSED = {"requests", "django.contrib.postgres.fields"} - set(sys.modules)
sys.modules.update(dict.fromkeys(_UNUSED))  # type: ignore[arg-type]
import_module("rest_framework.compat")
for _name in _UNUSED:
    del sys.modules[_name]
