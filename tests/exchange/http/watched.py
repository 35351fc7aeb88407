"""What goes the ordinary way is counted, so that a test can tell which lane a request took."""

from exchange.answer import Asked, Fhir
from exchange.interactions.request import Response


class Watched(Fhir):
    answered = 0

    async def answer(self, asked: Asked) -> Response:
        self.answered += 1
        return await super().answer(asked)
