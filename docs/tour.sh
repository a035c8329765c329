# The tour of README.md. In the clone: `. .venv/bin/activate`. Then, in the same shell, go to an empty folder and paste
# this, or run it with bash. It makes ./list and ./serve.log there.
# README.md shows what it prints: `python -m tools.tour` runs this file and writes the output there.

## Make a list, serve it, and wait until it serves:
hashsvc init ./list
hashsvc serve --data ./list --listen 127.0.0.1:50051 --workers 2 2> serve.log &
hashsvc health --wait 60

## Propose an entry. It closes nothing until somebody else confirms it:
ENTRY=$(hashsvc entry propose --source iwf --content-id 17 --actor ann --id-only --pdq-quality 100 \
    --pdq 2bb620df28bf93e92a464c96aed5c2cc1a5bb13b313ea1ed39907c12cee44ec4)
hashsvc entry confirm $ENTRY --actor ann
hashsvc entry confirm $ENTRY --actor bob

## Ask, as a partner's platform would, about a copy at half the size, and about a mirrored one:
hashsvc check --pdq-quality 100 --pdq 0bb522df28bf93e92ac744b6aad5c2c45a5bb13b313ea9cd31906416cee45cc5
hashsvc check --pdq-quality 100 --effort thorough \
    --pdq 56e0758a75eac6bc7f1309c37b8097990f0ee46e646be4b86cc529439bb11b91

## The same from Python:
python - <<'END'
from hashsvc.client import HashsvcClient
from hashsvc.signals import PDQ, Signal

with HashsvcClient("127.0.0.1:50051") as client:
    code = bytes.fromhex("0bb522df28bf93e92ac744b6aad5c2c45a5bb13b313ea9cd31906416cee45cc5")
    print(client.check([Signal(PDQ, code, quality=100)]).verdict)
    for result in client.check_many([("report 7", [Signal(PDQ, code, 100)])]):  # any number, in order
        print(result.id, result.verdict)
END

## One person doubts it, and from the very next check on it closes nothing; a second makes it final:
hashsvc entry retract $ENTRY --reason appeal --actor bob
hashsvc check --pdq-quality 100 --pdq 0bb522df28bf93e92ac744b6aad5c2c45a5bb13b313ea9cd31906416cee45cc5
hashsvc entry confirm-retraction $ENTRY --actor cleo
hashsvc check --pdq-quality 100 --pdq 0bb522df28bf93e92ac744b6aad5c2c45a5bb13b313ea9cd31906416cee45cc5

## See who did what, prove that what answers is what was decided, and stop:
hashsvc entry history $ENTRY
hashsvc verify --data ./list
kill $! && wait
