"""Trust the certificates that the user names for a server behind https."""

import os
import ssl

import httpx

from mesharr.core.errors import Misconfigured


def ca_problem(path: str) -> str:
    """Return what is wrong with the file of a `ca_file`, "" when it has certificates."""
    if not os.path.isabs(path):
        return "must be an absolute path: it begins with /"
    try:
        tls_context(path)
    except ssl.SSLError:
        return f"{path} has no certificate in PEM form (-----BEGIN CERTIFICATE-----)"
    except OSError as error:
        return f"{path} cannot be read ({error.strerror})"
    return ""


def tls_context(ca_file: str) -> ssl.SSLContext:
    """Return a TLS context that also trusts the certificates in a file.

    They are those of an authority, or of the server itself.
    The name in the certificate still has to be that of the url. Raises `OSError`, also as `ssl.SSLError`.
    """
    context = httpx.create_ssl_context()
    context.load_verify_locations(cafile=ca_file)
    # a server's own certificate is no authority's, and lacks what Python 3.13 wants of one
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def trusted(ca_file: str, setting: str = "ca_file") -> ssl.SSLContext | bool:
    """Return what certificates of a server are checked with; "" for the known authorities alone.

    Raises `Misconfigured`, which names the setting, when the file cannot be used.
    """
    if not ca_file:
        return True
    try:
        return tls_context(ca_file)
    except OSError as error:  # it went since the config was read
        raise Misconfigured(f"{setting} {ca_file} cannot be used: {error}", f"correct {setting}") from error
