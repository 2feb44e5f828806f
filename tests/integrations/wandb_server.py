"""Stands in for a W&B server: answers what `wandb sync` asks, and keeps what it is told."""

import base64
import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WandbServer:
    """`with WandbServer() as server`; then `server.operations`, `server.streams` and `server.files` are what came."""

    def __init__(self):
        self.operations, self.streams, self.files = [], {}, {}
        self.lock = threading.Lock()

    def __enter__(self):
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self, value, status=200):
                body = json.dumps(value).encode()
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def body(self):
                if self.headers.get("transfer-encoding") == "chunked":
                    pieces = []
                    while size := int(self.rfile.readline(), 16):
                        pieces.append(self.rfile.read(size))
                        self.rfile.readline()
                    self.rfile.readline()
                    return b"".join(pieces)
                return self.rfile.read(int(self.headers.get("content-length", 0)))

            def do_POST(self):
                asked = json.loads(self.body())
                if self.path == "/graphql":
                    return self.answer(outer.graphql(asked))
                with outer.lock:
                    outer.streams.setdefault(self.path, []).append(asked)
                return self.answer({})

            def do_PUT(self):
                with outer.lock:
                    outer.files[self.path] = self.body()
                self.answer({})

            def do_GET(self):
                self.answer({})

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        # A client that hangs up is none of our business.
        self.server.handle_error = lambda *_: None
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()

    def graphql(self, asked):
        """The answer to a GraphQL request, by the name of its operation."""
        name = asked.get("operationName") or re.search(r"(?:query|mutation)\s+(\w+)", asked["query"])[1]
        variables = asked.get("variables") or {}
        with self.lock:
            self.operations.append((name, variables, asked["query"]))
        answer = getattr(self, f"on_{name}", None)
        return {"data": answer(variables) if answer else {}}

    def said(self, name):
        """The variables of the requests with a name."""
        with self.lock:
            return [variables for operation, variables, _ in self.operations if operation == name]

    def on_ServerFeaturesQuery(self, _):
        return {"serverInfo": {"features": []}}

    def on_CreateArtifact(self, variables):
        digest = variables["input"]["digest"]
        artifact = {"id": f"artifact-{digest}", "state": "PENDING", "artifactSequence": {"latestArtifact": None}}
        return {"createArtifact": {"artifact": artifact}}

    def on_CreateArtifactManifest(self, variables):
        file = {
            "id": "m", "name": "wandb_manifest.json", "displayName": "wandb_manifest.json",
            "uploadUrl": f"{self.address}/upload/manifest-{variables['artifactID']}", "uploadHeaders": [],
        }
        return {"createArtifactManifest": {"artifactManifest": {"id": "m", "file": file}}}

    def on_CreateRunFiles(self, variables):
        files = [{"name": name, "uploadUrl": f"{self.address}/upload/{name}"} for name in variables["files"]]
        return {"createRunFiles": {"runID": "r", "uploadHeaders": [], "files": files}}

    def on_Viewer(self, _):
        return {"viewer": {"id": "1", "entity": "team", "username": "ada", "flags": "{}", "teams": {"edges": []}}}

    def on_UpsertBucket(self, variables):
        return {"upsertBucket": {
            "bucket": {
                "id": base64.b64encode(variables["name"].encode()).decode(), "name": variables["name"],
                "displayName": variables.get("displayName"), "description": None, "config": variables.get("config"),
                "sweepName": None, "historyLineCount": 0,
                "project": {"id": "p", "name": variables["project"], "entity": {"id": "e", "name": "team"}},
            },
            "inserted": True,
        }}
