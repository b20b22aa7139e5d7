"""What can go wrong between us and a museum's server."""


class FetchProblem(Exception):
    """``passing`` problems may be gone in another run; ``retry`` says whether asking again now may help.

    ``wait`` is for how many seconds the server asked us to be quiet, ``status`` its HTTP status.
    """

    def __init__(
        self,
        code: str,
        *,
        passing: bool = False,
        retry: bool | None = None,
        wait: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(code)
        self.code = code
        self.passing = passing
        self.retry = passing if retry is None else retry
        self.wait = wait
        self.status = status
