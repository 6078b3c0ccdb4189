"""Find the plugins, leave broken ones out, look components up by name."""

from regenkit.plugins.host import Broken, Host, host
from regenkit.plugins.records import ROLES

__all__ = ["ROLES", "Broken", "Host", "host"]
