"""Experiments behind the pages in docs/, each a command; nothing else imports them."""

import lenet  # noqa: F401  (caps the arithmetic, so before NumPy)
