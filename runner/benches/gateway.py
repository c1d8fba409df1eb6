#!/usr/bin/env python3
"""How long a call takes through the gateway, beside the same call made directly: `gateway.py FIXTURE PLANC [PLANC…]`.

FIXTURE is the server of the conformance suite (`cargo build --example conformance_fixture`), each PLANC a binary of planc: with
several of them, before and after a change are told in one run, in turns, so that what else the machine does meets all of
them alike. Told are medians and ratios, after so many calls in one session; nothing here has a limit of time.
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time

CALLS = int(os.environ.get("CALLS", "300"))  # of each, in one session
TURN = 20  # calls of one before the next has its turn


class Server:
    """A server on HTTP that prints its address."""

    def __init__(self, command, folder, secret=None):
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        host = re.search(r"http://([^/]+)/", self.process.stdout.readline()).group(1)
        self.url = f"http://{host}/mcp"
        self.connection = http.client.HTTPConnection(host)
        self.headers = {"Authorization": f"Bearer {secret()}"} if secret else {}

    def call(self, tool):
        meta = {"protocolVersion": "2026-07-28", "clientInfo": {"name": "bench", "version": "1"}, "clientCapabilities": {}}
        params = {
            "name": tool,
            "arguments": {},
            "_meta": {f"io.modelcontextprotocol/{key}": value for key, value in meta.items()},
        }
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        headers = {
            "Content-Type": "application/json",
            "Accept": "application/json, text/event-stream",
            "Mcp-Protocol-Version": "2026-07-28",
            "Mcp-Method": "tools/call",
            "Mcp-Name": tool,
            **self.headers,
        }
        began = time.perf_counter()
        self.connection.request("POST", "/mcp", body, headers)
        answer = self.connection.getresponse().read().decode()
        took = time.perf_counter() - began
        if "simple text response" not in answer:
            sys.exit(f"{self.url} answered {answer}")
        return took

    def end(self):
        self.process.terminate()
        self.process.wait()


def gateway(planc, fixture, folder):
    """planc in front of the fixture, whose tools only read."""
    workspace, state = os.path.join(folder, "work"), os.path.join(folder, "state")
    os.makedirs(workspace)
    with open(os.path.join(workspace, "planc.toml"), "w") as file:
        file.write('[catalogues]\nfiles = ["catalogues/*.pl"]\n\n[servers.up]\n')
        file.write(f'url = "{fixture.url}"\nread = ["up:**"]\nprefix = false\ntransparent = true\n')
    own = [planc, "--state-dir", state]
    subprocess.run([*own, "tools", "import", "--mcp", "up"], cwd=workspace, check=True, capture_output=True)
    catalogue = os.path.join(workspace, "catalogues", "up.pl")
    with open(catalogue) as file:
        text = file.read()
    with open(catalogue, "w") as file:
        file.write(re.sub(r"(?m)^ *// Effects are not reviewed.*$", '    reads "up:all"', text))
    agents = os.path.join(state, "agents")
    return Server([*own, "mcp", "--http", "127.0.0.1:0"], workspace, lambda: open(agents).read().strip())


def main(fixture, *plancs):
    with tempfile.TemporaryDirectory() as folder:
        direct = Server([os.path.abspath(fixture)], folder)
        servers = {"directly": direct}
        for number, planc in enumerate(plancs):
            servers[planc] = gateway(os.path.abspath(planc), direct, os.path.join(folder, str(number)))
        took = {name: [] for name in servers}
        try:
            for name, server in servers.items():
                server.call("test_simple_text")
            for _ in range(0, CALLS, TURN):
                for name, server in servers.items():
                    took[name] += [server.call("test_simple_text") for _ in range(TURN)]
        finally:
            for server in servers.values():
                server.end()
    third = CALLS // 3
    parts = {"the first third": slice(0, third), "the last third": slice(-third, None), "all": slice(None)}
    for part, calls in parts.items():
        print(f"{part} of {CALLS} calls in a session, medians:")
        base = statistics.median(took["directly"][calls])
        for name in servers:
            median = statistics.median(took[name][calls])
            print(f"  {median * 1000:8.2f} ms  {median / base:6.1f} times  {name}")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    main(*sys.argv[1:])
