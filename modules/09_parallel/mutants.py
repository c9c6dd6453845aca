"""Wrong solutions of lesson 09: each has to be caught, with a message that helps."""

ROUNDS = "    return [[(b, (b + r) % n_blocks) for b in range(n_blocks)] for r in range(n_blocks)]"
DEALING = "        lightest = sums.index(min(sums))\n"
RESULTS = "            losses += zip(numbers, list(pool.map(update_tile, numbers)), strict=True)\n"
ADDING = "    total = 0.0\n    for _, value in sorted(parts):\n        total += float(value)\n    return total"
TOUCHED = '            touched.update([("user", user), ("item", positive), ("item", negative)])\n'
FIT = "    around = x - x.mean()\n"

MUTANTS = {
    "test_count_conflicts": {
        "users and items mixed up": (
            TOUCHED,
            "            touched.update([user, positive, negative])\n",
            "Your count takes user 3 and item 3 for one row: keep users and items apart.",
        ),
        "items only": (
            TOUCHED,
            '            touched.update([("item", positive), ("item", negative)])\n',
            "Your count leaves out the users' rows: two lanes with one user meet as well.",
        ),
        "users only": (
            TOUCHED,
            '            touched.update([("user", user)])\n',
            "Your count leaves out the items' rows: most conflicts are about popular items.",
        ),
        "positives apart from negatives": (
            TOUCHED,
            '            touched.update([("user", user), ("positive", positive), ("negative", negative)])\n',
            "Your count keeps positives and negatives apart: an item that is one lane's positive "
            "and another's negative is one row.",
        ),
        "skipped triples touch rows": (
            "            if triple is None or triple[2] == SKIPPED:\n",
            "            if triple is None:\n",
            "Your count lets skipped triples touch rows: a triple whose negative is −1 touches none.",
        ),
        "ends with the shortest lane": (
            "itertools.zip_longest(*(lane.tolist() for lane in lanes))",
            "zip(*(lane.tolist() for lane in lanes))",
            "Your count ends with the shortest lane: the longer ones go on and can still meet.",
        ),
        "counts pairs": (
            "sum(touched.values()) - len(touched)",
            "sum(m * (m - 1) // 2 for m in touched.values())",
            "Your count takes pairs of lanes: m lanes on one row are m − 1 conflicts, one of them is "
            "on time.",
        ),
        "counts rows": (
            "sum(touched.values()) - len(touched)",
            "sum(m > 1 for m in touched.values())",
            "Your count takes each shared row once: m lanes on one row are m − 1 conflicts.",
        ),
    },
    "test_conflict_free_rounds": {
        "row by row": (
            ROUNDS,
            "    return [[(r, b) for b in range(n_blocks)] for r in range(n_blocks)]",
            "All tiles of one of your rounds have the same user block: threads would share users.",
        ),
        "column by column": (
            ROUNDS,
            "    return [[(b, r) for b in range(n_blocks)] for r in range(n_blocks)]",
            "All tiles of one of your rounds have the same item block: threads would share items.",
        ),
        "the other way round": (
            ROUNDS,
            ROUNDS.replace("(b + r)", "(b - r)"),
            "Your rounds have no conflicts, but run backwards: item block (b + r) mod B, not (b − r).",
        ),
        "without the last round": (
            ROUNDS,
            ROUNDS.replace("for r in range(n_blocks)]", "for r in range(max(1, n_blocks - 1))]"),
            "Your schedule has a round too few: some tiles never have their turn.",
        ),
        "from round 1 on": (
            ROUNDS,
            ROUNDS.replace("(b + r)", "(b + r + 1)"),
            "Your rounds begin with a shift of 1: round 0 is the diagonal, (b, b).",
        ),
        "by item blocks": (
            ROUNDS,
            ROUNDS.replace("(b, (b + r) % n_blocks)", "((b + r) % n_blocks, b)"),
            "Your tiles have user block and item block exchanged: the user block is b, the item "
            "block (b + r) mod B.",
        ),
    },
    "test_plan_epoch": {
        "tiles by user blocks": (
            "    number_of = {tile: number for number, tile in enumerate(order)}\n",
            "    number_of = {tile: number for number, tile in enumerate(sorted(order))}\n",
            "Your tiles are numbered user block by user block: they go round by round, as in "
            "conflict_free_rounds.",
        ),
        "the users' block for the items": (
            "item_blocks[c]) for _, c in order",
            "item_blocks[b]) for b, _ in order",
            "Your tiles have the items of block b as their candidates: tile (b, c) has those of block c.",
        ),
        "users in ascending order": (
            "        for user in members:\n",
            "        for user in sorted(members):\n",
            "Your pairs go by the user's number: within a tile they go by the user's place in its block.",
        ),
        "negatives from all items": (
            "negative_among(items, seen",
            "negative_among(list(range(n_items)), seen",
            "Your negatives come from all items: those of other blocks belong to other threads, so "
            "draw from the tile's own.",
        ),
        "one stream for all negatives": (
            "        key = stream(seed, epoch, NEGATIVES, number)\n",
            "        key = stream(seed, epoch, NEGATIVES, 0)\n",
            "All your tiles draw negatives from the stream of tile 0: the tile's number belongs into "
            "the address.",
        ),
        "one stream for all orders": (
            "stream(seed, epoch, ORDER, number)",
            "stream(seed, epoch, ORDER, 0)",
            "All your tiles are shuffled by the stream of tile 0: the tile's number belongs into the "
            "address.",
        ),
        "triples numbered through the epoch": (
            "seen[user], key, triple)",
            "seen[user], key, len(triples))",
            "Your triples are numbered through the whole epoch: the number counts from 0 in each tile.",
        ),
        "triples numbered by their pairs": (
            "seen[user], key, triple)",
            "seen[user], key, place)",
            "Your triples have the number of their pair: it is the place in the shuffled tile.",
        ),
        "not shuffled": (
            "permutation(stream(seed, epoch, ORDER, number), len(users)).tolist()",
            "list(range(len(users)))",
            "Your tiles are not shuffled: one user would come after the other.",
        ),
        "bounds without the start": (
            "    bounds = [0]\n",
            "    bounds: list[int] = []\n",
            "Your bounds lack the 0 at the beginning: B² tiles have B² + 1 bounds.",
        ),
        "sizes instead of bounds": (
            "        bounds.append(len(triples))\n",
            "        bounds.append(len(users))\n",
            "Your bounds are the tiles' sizes: a bound is the number of all triples so far.",
        ),
        "what others have seen": (
            "itertools.pairwise(indptr)]\n    triples",
            "itertools.pairwise(indptr)]\n    seen = seen[1:] + seen[:1]\n    triples",
            "Your negatives are checked against another user's items.",
        ),
    },
    "test_ordered_sum": {
        "as they come": (
            "in sorted(parts):",
            "in parts:",
            "Your sum adds the parts as they arrive, so it depends on which thread was first.",
        ),
        "by value": (
            "in sorted(parts):",
            "in sorted(parts, key=lambda part: part[1]):",
            "Your sum adds the parts by their values: the order is that of their numbers.",
        ),
        "the last first": (
            "in sorted(parts):",
            "in sorted(parts, reverse=True):",
            "Your sum begins with the last number: it begins with the first.",
        ),
        "in float32": (
            "        total += float(value)\n",
            "        total = float(np.float32(total) + np.float32(value))\n",
            "Your sum is made in float32: it loses half of the digits.",
        ),
        "exactly rounded": (
            ADDING,
            "    import math\n\n    return math.fsum(value for _, value in sorted(parts))",
            "Your sum is rounded once, at the end, as math.fsum does: a loop on one thread rounds at each step, "
            "and its digits are asked for.",
        ),
        "by pairs": (
            ADDING,
            "    return float(np.sum([value for _, value in sorted(parts)]))",
            "Your sum is NumPy's, which adds several partial sums: add one value after another.",
        ),
    },
    "test_run_rounds": {
        "no barrier": (
            "            losses += zip(numbers, list(pool.map(update_tile, numbers)), strict=True)\n"
            "    return ordered_sum(losses)",
            "            losses.append(pool.map(update_tile, numbers))\n"
            "    return ordered_sum(enumerate(loss for its in losses for loss in its))",
            "Your rounds overlap: tiles of the next round begin while some of this one still run. "
            "Read all results of a round before the next.",
        ),
        "numbered by their blocks": (
            "numbers = range(r * n_blocks, (r + 1) * n_blocks)",
            "numbers = [b * n_blocks + (b + r) % n_blocks for b in range(n_blocks)]",
            "Your rounds hold other tiles: those of round r have the numbers r · B to r · B + B − 1, "
            "since tiles are numbered round by round.",
        ),
        "one after another": (
            RESULTS,
            "            losses += [(number, update_tile(number)) for number in numbers]\n",
            "Your tiles run one after another: hand them to the pool.",
        ),
        "one thread": (
            "ThreadPoolExecutor(n_threads)",
            "ThreadPoolExecutor(1)",
            "Your pool has one thread, whatever n_threads says.",
        ),
        "a thread for each block": (
            "ThreadPoolExecutor(n_threads)",
            "ThreadPoolExecutor(n_blocks)",
            "Your pool has a thread for each block, not n_threads of them.",
        ),
        "nobody hears of errors": (
            RESULTS,
            "            found = {n: pool.submit(update_tile, n) for n in numbers}\n"
            "            for n, future in found.items():\n"
            "                if future.exception() is None:\n"
            "                    losses.append((n, future.result()))\n",
            "An error of a tile is lost in your pool: read each result, so that it is raised.",
        ),
        "as they end": (
            RESULTS + "    return ordered_sum(losses)",
            "            arrived: list[float] = []\n"
            "            list(pool.map(lambda n, arrived=arrived: arrived.append(update_tile(n)), numbers))\n"
            "            losses += arrived\n"
            "    return ordered_sum(enumerate(losses))",
            "Your losses are added as the tiles end: keep each with its number, and use ordered_sum.",
        ),
        "without the last round": (
            "        for r in range(n_blocks):\n            numbers",
            "        for r in range(n_blocks - 1):\n            numbers",
            "Your last round never runs: there are B rounds.",
        ),
        "sums round by round": (
            RESULTS + "    return ordered_sum(losses)",
            "            results = list(pool.map(update_tile, numbers))\n"
            "            losses.append((r, ordered_sum(zip(numbers, results, strict=True))))\n"
            "    return ordered_sum(losses)",
            "Your losses are added up for each round first: add all tiles one after another, as a loop over "
            "the tiles would.",
        ),
    },
    "test_balance_blocks": {
        "in turn": (
            DEALING,
            "        lightest = sum(map(len, blocks)) % n_blocks\n",
            "Your rows go to the blocks in turn: each goes to the block with the smallest sum so far.",
        ),
        "in the order of their numbers": (
            'np.argsort(-sizes, kind="stable").tolist()',
            "range(len(sizes))",
            "Your rows are dealt in the order of their numbers: the largest goes first.",
        ),
        "the smallest first": (
            "for row in np.argsort(-sizes",
            "for row in np.argsort(sizes",
            "Your rows are dealt from the smallest to the largest: a large one that comes last sticks out.",
        ),
        "counts rows": (
            "        sums[lightest] += int(sizes[row])\n",
            "        sums[lightest] += 1\n",
            "Your blocks have equal numbers of rows: it is the sums of sizes that should be equal.",
        ),
        "neighbours stay together": (
            "    return blocks\n",
            "    order = [row for block in blocks for row in sorted(block)]\n"
            "    order.sort()\n"
            "    return [order[b * len(order) // n_blocks : (b + 1) * len(order) // n_blocks] for b in range(n_blocks)]\n",
            "Your blocks are stretches of neighbouring rows: a block may have any rows.",
        ),
        "without empty blocks": (
            "    return blocks\n",
            "    return [block for block in blocks if block]\n",
            "Your answer leaves out empty blocks: B lists were asked for, some may be empty.",
        ),
        "without empty rows": (
            "        blocks[lightest].append(row)\n",
            "        if sizes[row]:\n            blocks[lightest].append(row)\n",
            "Rows of size 0 are in none of your blocks: every row is in one.",
        ),
    },
    "test_fit_amdahl": {
        "over n": (
            "    x = 1.0 / np.asarray(n_threads, dtype=np.float64)\n",
            "    x = np.asarray(n_threads, dtype=np.float64)\n",
            "Your line is drawn over n: T is a straight line over 1/n.",
        ),
        "exchanged": (
            "    return serial, shared\n",
            "    return shared, serial\n",
            "Your two numbers are exchanged: the serial part comes first.",
        ),
        "less than no time": (
            "    if serial < 0:\n        return 0.0, float(x @ times / (x @ x))\n",
            "",
            "Your serial part can be below 0: no part takes less than no time.",
        ),
        "cut off": (
            "return 0.0, float(x @ times / (x @ x))",
            "return 0.0, shared",
            "Your serial part is cut off at 0, but w is still that of the old line: fit it alone.",
        ),
        "through the ends": (
            FIT,
            "    x, times = x[[0, -1]], times[[0, -1]]\n" + FIT,
            "Your line goes through the first and the last measurement: all of them count.",
        ),
        "shares less than nothing": (
            "    if shared < 0:\n        return float(times.mean()), 0.0\n",
            "",
            "Your shared part can be below 0: where threads only made it slower, w is 0 and s the mean.",
        ),
        "no line is fixed": (
            "    if len(n_threads) != len(seconds) or len(set(n_threads)) < 2:\n",
            "    if len(n_threads) != len(seconds):\n",
            "Measurements with one number of threads fix no line: raise ValueError.",
        ),
    },
}
