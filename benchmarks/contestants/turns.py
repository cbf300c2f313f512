"""How every contestant takes its turns; imports nothing but the standard library, since Keras' Python has no torch."""

import argparse
import json
import sys
import time


def arguments():
    """--network first-network|small-cnn, --images N, --batch-size N, --threads N, --data FILE or folder."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", choices=("first-network", "small-cnn"), required=True)
    parser.add_argument("--images", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--data", default="")
    return parser.parse_args()


def say(**what):
    print(json.dumps(what), flush=True)


def wait():
    """Waits for the next turn, and returns when it began, by the wall clock and in processor time of all threads."""
    if not sys.stdin.readline():
        raise SystemExit
    return time.perf_counter(), time.process_time()


def told(began, images, loss):
    """Ends a turn."""
    seconds, processor_seconds = time.perf_counter() - began[0], time.process_time() - began[1]
    say(seconds=seconds, processor_seconds=processor_seconds, images=images, loss=float(loss))


def take_turns(train_epoch, **ready):
    """`train_epoch()` returns (images, loss); `ready` is what the bench is told first."""
    say(**ready)
    while True:
        began = wait()
        images, loss = train_epoch()
        told(began, images, loss)
