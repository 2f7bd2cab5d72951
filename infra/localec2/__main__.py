"""``python -m infra.localec2``: the daemon, started by ``service.start_or_find``."""

import argparse
import logging
import os
import sys
from pathlib import Path

from infra.errors import NotJudged
from infra.localec2.daemon import Setup, serve


def main() -> None:
    """Serves; says so on the file descriptor ``--ready``."""
    parser = argparse.ArgumentParser(prog="python -m infra.localec2", description=__doc__)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--kernel", type=Path, required=True)
    parser.add_argument("--image", type=Path, required=True)
    parser.add_argument("--region", default="ap-southeast-1")
    parser.add_argument("--temper-seed", type=int, help="behave as AWS does, by this seed")
    parser.add_argument("--ready", type=int, help="file descriptor to write to when serving")
    given = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    for noisy in ("botocore", "werkzeug"):
        logging.getLogger(noisy).setLevel(logging.WARNING)

    def ready() -> None:
        if given.ready is not None:
            os.write(given.ready, b"ready")
            os.close(given.ready)

    try:
        made_of = (given.state, given.kernel, given.image, given.region)
        serve(Setup(*made_of, temper_seed=given.temper_seed), ready)
    except NotJudged as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
