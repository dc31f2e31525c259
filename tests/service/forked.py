"""Processes to be killed, quickly made: one imports everything once, and forks a child for each line it reads.

    {"serve": "/path/catalogue.csv", "settings": {...}}         a TAP service; says where, in `log`
    {"match": "https://.../tap", "ledger": ..., "table": ...}   a kernel that submits a match and fetches its result

Each line also has "log", the file that the child writes to; the child's process id is answered.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

from astropy.table import Table

from tapwidget.client.ledger import Ledger
from tapwidget.client.service import Service
from tapwidget.match.record import from_record
from tapwidget.server.run import main as serve
from tapwidget.server.settings import Settings
from tapwidget.tables.exact_copy import read_copy


def child(order: dict[str, Any]) -> None:
    if "serve" in order:
        path, names = Path(order["serve"]), {order["name"]: Path(order["serve"])} if "name" in order else {}
        serve([] if names else [path], names=names, settings=Settings(**order.get("settings", {})))
        return
    table: Table = read_copy(Path(order["table"]))
    service = Service(order["match"], ledger=Ledger(Path(order["ledger"])))
    result = service.submit(from_record(order["specification"]), table).result()
    print(f"done: {len(result)} rows", flush=True)


def main() -> None:
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for them
    for line in sys.stdin:
        order = json.loads(line)
        pid = os.fork()
        if pid:
            print(pid, flush=True)
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(log, 1)
        os.dup2(log, 2)
        try:
            child(order)
        finally:
            sys.stdout.flush()
            os._exit(0)


if __name__ == "__main__":
    main()
