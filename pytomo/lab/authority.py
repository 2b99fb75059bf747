"""The lab's own certificate authority: a certificate for each name, made when first asked for."""

import ssl
from functools import cache
from pathlib import Path


class Authority:
    """A fresh authority; whoever trusts `write()`'s file trusts every name in the lab."""

    def __init__(self) -> None:
        import trustme  # an extra: only those who open a lab need it

        self._authority = trustme.CA(organization_name="Pytomo lab")
        self.context = cache(self._issue)

    def _issue(self, name: str) -> ssl.SSLContext:
        """A server's TLS context for a host name or IP address; the same one each time."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.set_alpn_protocols(["http/1.1"])
        self._authority.issue_cert(name).configure_cert(context)
        return context

    def write(self, path: Path) -> None:
        """Write the authority's certificate, PEM, for clients to trust."""
        self._authority.cert_pem.write_to_path(path)
