"""Makes the rings of a node with one device. Run by Swift's own Python: DIRECTORY PORTS."""

import json
import sys
from pathlib import Path

from swift.common.ring import RingBuilder

etc, ports = Path(sys.argv[1]), json.loads(sys.argv[2])
for name in ("account", "container", "object"):
    builder = RingBuilder(6, 1, 0)
    device = {"id": 0, "region": 1, "zone": 1, "ip": "127.0.0.1", "port": ports[name], "device": "d1"}
    builder.add_dev(
        device | {"weight": 1.0, "meta": "", "replication_ip": "127.0.0.1", "replication_port": ports[name]}
    )
    builder.rebalance()
    builder.get_ring().save(str(etc / f"{name}.ring.gz"))
