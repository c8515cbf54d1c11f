"""Experiments behind the pages in docs/, each a command; nothing else imports them."""
