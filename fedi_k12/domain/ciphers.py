"""The parts of `cryptography` that are used here, each loaded when it is first asked.

They are 8 MB, which a server has no use for until the first letter is signed or verified.
"""

from typing import TYPE_CHECKING

from fedi_k12.domain.late import Late

if TYPE_CHECKING:
    from cryptography import exceptions
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
    from cryptography.hazmat.primitives.ciphers import aead
else:
    exceptions = Late("cryptography.exceptions")
    hashes = Late("cryptography.hazmat.primitives.hashes")
    serialization = Late("cryptography.hazmat.primitives.serialization")
    ec = Late("cryptography.hazmat.primitives.asymmetric.ec")
    ed25519 = Late("cryptography.hazmat.primitives.asymmetric.ed25519")
    padding = Late("cryptography.hazmat.primitives.asymmetric.padding")
    rsa = Late("cryptography.hazmat.primitives.asymmetric.rsa")
    utils = Late("cryptography.hazmat.primitives.asymmetric.utils")
    aead = Late("cryptography.hazmat.primitives.ciphers.aead")

__all__ = [
    "aead", "ec", "ed25519", "exceptions", "hashes", "padding", "rsa", "serialization", "utils",
]  # fmt: skip
