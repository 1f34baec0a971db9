"""Says when the machine has no time: lines `BEGIN END` (monotonic clock) of work that took much longer than its CPU time.

A process that has its turn again and again for a moment sees a quick machine even where others take nearly all of it.
So this one wants CPU_S at a time.
"""

import signal
import time

EVERY_S = 0.1
CPU_S = 0.01
STALLED_FROM = 3  # times as long


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # ends with its reader
    while True:
        begin, used = time.monotonic(), time.process_time()
        while time.process_time() - used < CPU_S:
            pass
        end = time.monotonic()
        if end - begin > STALLED_FROM * CPU_S:
            print(begin, end + EVERY_S, flush=True)
        time.sleep(EVERY_S)


if __name__ == "__main__":
    main()
