"""Verify the public ledger with nothing but Python: python verify_ledger.py ledger.jsonl checkpoint.json… [--key HEX]

The ledger is today's; the checkpoints are old ones that you or others kept, one JSON on a line. `--key` is the public key
that you noted; without it, the one that the first checkpoint names. Tells the first tampering, or what was verified.
"""

import argparse
import hashlib
import json
import sys
from pathlib import Path

P, ORDER = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, -1, P) % P


def point(packed):  # RFC 8032, 5.1.3
    y, sign = int.from_bytes(packed, "little") & (2**255 - 1), packed[31] >> 7
    square = (y * y - 1) * pow(D * y * y + 1, -1, P) % P
    x = pow(square, (P + 3) // 8, P)
    x = x if x * x % P == square else x * pow(2, (P - 1) // 4, P) % P
    require(y < P and x * x % P == square and (x or not sign), "This is no key and no signature.")
    return P - x if x & 1 != sign else x, y


def add(one, two):
    (a, b), (c, d) = one, two
    k = D * a * b * c * d
    return (a * d + b * c) * pow(1 + k, -1, P) % P, (b * d + a * c) * pow(1 - k, -1, P) % P


def times(number, one):
    half = times(number // 2, add(one, one)) if number else (0, 1)
    return add(half, one) if number % 2 else half


def is_signed(public, message, signature):  # Ed25519: RFC 8032, 5.1.7
    r, s = signature[:32], int.from_bytes(signature[32:], "little")
    h = int.from_bytes(hashlib.sha512(r + public + message).digest(), "little") % ORDER
    base = point((4 * pow(5, -1, P) % P).to_bytes(32, "little"))
    return len(signature) == 64 and s < ORDER and times(s, base) == add(point(r), times(h, point(public)))


def require(holds, otherwise):
    if not holds:
        raise ValueError(otherwise)


def canonical(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def verify(lines, checkpoints, trusted):
    """How many entries are those of the checkpoints. Raises ValueError at the first tampering."""
    chain, keys, verified = [("0" * 64, "")], {}, 0
    for number, line in enumerate(lines, 1):
        entry = json.loads(line)
        require(canonical(entry) == line, f"Entry {number} is not written in canonical JSON.")
        told, previous, at = entry.pop("hash"), entry.pop("previous_hash"), entry["recorded_at"]
        require(entry["number"] == number, f"Where entry {number} belongs, entry {entry['number']} stands.")
        require(previous == chain[-1][0], f"Entry {number} does not follow entry {number - 1} as it stands.")
        leaf = hashlib.sha256(b"\x00" + canonical(entry)).digest()
        link = hashlib.sha256(b"\x01" + bytes.fromhex(previous) + leaf).hexdigest()
        require(told == link, f"Entry {number} was edited: its hash is not that of what it says.")
        require(chain[-1][1] <= at, f"Entry {number} is backdated: recorded before entry {number - 1}.")
        chain.append((told, at))
        keys |= {entry["body"]["public_key"]: number} if entry["kind"] == "key" else {}
    for checkpoint in sorted(checkpoints, key=lambda each: each["size"]):
        public, size, at = (checkpoint[each] for each in ("public_key", "size", "signed_at"))
        signature, name = bytes.fromhex(checkpoint.pop("signature")), f"the checkpoint of {at}"
        signed = is_signed(bytes.fromhex(public), canonical(checkpoint), signature)
        require(signed, f"The signature of {name} is wrong: the checkpoint itself was tampered with.")
        require(public in trusted, f"The key of {name} is not yours and was never announced.")
        require(size < len(chain), f"Entries {len(chain)} to {size} were cut off: {name} counts {size}.")
        same = chain[size][0] == checkpoint["hash"]
        require(same, f"Entries {verified + 1} to {size}, or some of them, were rewritten since {name}.")
        after = chain[size + 1 : size + 2] or [("", at)]
        require(after[0][1] >= at, f"Entry {size + 1} is backdated: it was not there at {name}.")
        verified, trusted = size, trusted | {key for key, number in keys.items() if number <= size}
    return verified


def main(arguments):
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("ledger", type=Path)
    parser.add_argument("checkpoints", type=Path, nargs="+")
    parser.add_argument("--key", help="64 hexadecimal digits")
    given = parser.parse_args(arguments)
    try:
        lines = given.ledger.read_bytes().splitlines()
        old = [json.loads(line) for path in given.checkpoints for line in path.read_bytes().splitlines()]
        verified = verify(lines, old, {given.key or old[0]["public_key"]})
    except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
        sys.exit(f"TAMPERED, or not a ledger with its checkpoints: {error}")
    print(f"{len(lines)} entries follow each other; the first {verified} are those of the checkpoints.")


if __name__ == "__main__":
    main(sys.argv[1:])
