"""The address under which the internet sees this machine."""

import logging

import dns.exception

from pytomo.config import Config
from pytomo.resolve import LIFETIME, Ask, query

QUESTION = "myip.opendns.com"

_log = logging.getLogger(__name__)


def public_address(config: Config, *, ask: Ask = query) -> str | None:
    """Our public IPv4 address, as `config.address_server` sees it; None if it does not tell.

    OpenDNS's resolvers answer this name with the address that the question came from.
    """
    try:
        records = ask(QUESTION, "A", config.address_server, LIFETIME)
    except dns.exception.DNSException as error:
        _log.info("the public address is not known: %s", error)
        return None
    return next(iter(records.values), None)
