"""Runs a command and prints its largest resident size, in bytes, and its seconds as JSON.

Nothing large is imported: until a child becomes another program its size is that of its parent.
"""

import json
import resource
import subprocess
import sys
import time

start = time.perf_counter()
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
seconds = time.perf_counter() - start
unit = 1 if sys.platform == "darwin" else 1024
peak_bytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * unit
print(json.dumps({"peak_bytes": peak_bytes, "seconds": seconds}))
