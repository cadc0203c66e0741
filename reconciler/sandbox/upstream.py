"""Send requests to the emulator over one open connection, one at a time.

The single lock is needed for two reasons. moto answers 500 to GetAccountAuthorizationDetails while another thread
writes. And a check of the strict layer must still hold when the call that it allowed reaches the emulator.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from urllib.parse import urlencode

from reconciler.sandbox.query_protocol import IAM_VERSION, AwsError, HttpRequest, Reply

HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "content-length"}
RESPONSE_TIMEOUT = 60.0


class Upstream:
    """The connection to the emulator. Hold `lock` while several calls must not be interrupted by others."""

    def __init__(self, port: int) -> None:
        self.lock = threading.RLock()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=RESPONSE_TIMEOUT)

    def send(self, request: HttpRequest) -> Reply:
        """Pass a request on with its Host and Authorization, so that its signature stays valid. Raises AwsError."""
        with self.lock:
            try:
                return self._exchange(request)
            except (OSError, http.client.HTTPException) as error:
                self._connection.close()
                raise AwsError("ServiceUnavailable", f"The emulator did not answer: {error!r}", 503) from error

    def _exchange(self, request: HttpRequest) -> Reply:
        connection = self._connection
        connection.putrequest(request.method, request.target, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers:
            if name.lower() not in HOP_BY_HOP:
                connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(request.body)))
        connection.endheaders(request.body)
        response = connection.getresponse()
        body = response.read()
        headers = tuple((k, v) for k, v in response.getheaders() if k.lower() not in HOP_BY_HOP | {"content-type"})
        return Reply(response.status, body, response.getheader("Content-Type") or "text/xml", headers)

    def invoke(
        self, caller: HttpRequest, action: str, parameters: Mapping[str, str], version: str = IAM_VERSION
    ) -> Reply:
        """Send a call that the layer makes itself, with the caller's access key but no valid signature."""
        service = "iam" if version == IAM_VERSION else "sts"
        scope = f"{caller.access_key or 'sandbox'}/20260101/us-east-1/{service}/aws4_request"
        authorization = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        headers = [
            ("Host", caller.header("host") or "127.0.0.1"),
            ("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("Authorization", authorization),
        ]
        token = caller.header("x-amz-security-token")
        if token:
            headers.append(("X-Amz-Security-Token", token))
        body = urlencode({"Action": action, "Version": version, **parameters}).encode()
        return self.send(HttpRequest("POST", "/", tuple(headers), body))

    def close(self) -> None:
        with self.lock:
            self._connection.close()
