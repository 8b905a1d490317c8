"""What the API answers with, named as in https://docs.joinmastodon.org/entities/.

`render` and its kin fill these, the description of the API shows them, and in tests every
answer is held to them: a key too many or too few, or a wrong type, fails the test that saw it.
Mastodon's own name is used wherever there is one; what we add says so.
"""

from fedi_k12.api.entities.values import Empty as Empty
from fedi_k12.api.entities.values import Error as Error
