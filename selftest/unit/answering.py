"""AWS, which answers what a test says."""

from typing import Any, TypeVar

from botocore.stub import Stubber

from clients.aws.account import Access, Service

Asked = TypeVar("Asked", bound=Service)

ACCESS = Access("AKIAAUDIT", "secret-of-the-audit")


def answering(service: Asked, **answers: Any) -> Asked:
    """The service, which answers these calls in their order; a text is the code of an error."""
    stubber = Stubber(service._client)
    for name, answer in answers.items():
        call = name if hasattr(service._client, name) else name.rpartition("_")[0]
        if isinstance(answer, str):
            stubber.add_client_error(call, answer, http_status_code=403)
        else:
            stubber.add_response(call, answer)
    stubber.activate()
    return service
