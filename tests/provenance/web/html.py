"""Reading a page as a strict parser would."""

from html.parser import HTMLParser

VOID = {"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "source", "wbr", "rect"}


class Page(HTMLParser):
    """Tags in order, the text between them, and everything that is not well formed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.problems: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.ids: set[str] = set()
        self._open: list[str] = []
        self.feed(html)
        self.close()
        self.problems += [f"<{tag}> is never closed" for tag in self._open]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        if len(names) != len(set(names)):
            self.problems.append(f"<{tag}> has an attribute twice")
        found = dict(attrs)
        if "style" in found or any(name.startswith("on") for name in found):
            self.problems.append(f"<{tag}> carries an inline style or script")
        if (name := found.get("id")) is not None:
            if name in self.ids:
                self.problems.append(f"the id {name} is used twice")
            self.ids.add(name)
        self.tags.append((tag, found))
        self.text += " "
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self._open.pop()

    def handle_endtag(self, tag: str) -> None:
        if tag in VOID:
            return
        if not self._open or self._open[-1] != tag:
            self.problems.append(f"</{tag}> closes {self._open[-1:] or 'nothing'}")
            return
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open[-1:] not in (["script"], ["style"]):
            self.text += data
        elif data.strip():
            self.problems.append(f"an inline <{self._open[-1]}>")

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    def unlabelled(self) -> list[str]:
        """Controls that have no label, and pictures that have no text."""
        labelled = {label.get("for") for label in self.all("label")}
        controls = [*self.all("input"), *self.all("textarea"), *self.all("select")]
        visible = [it for it in controls if it.get("type") not in ("hidden", "submit")]
        missing = [str(it.get("name")) for it in visible if it.get("id") not in labelled and "aria-label" not in it]
        return missing + [str(it.get("src")) for it in self.all("img") if "alt" not in it]
