"""One file per page, or per kind of thing a page is about."""
