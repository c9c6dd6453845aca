"""Hints of lesson 07, function by function: a question to ask oneself, the idea, the first line."""

HINTS = {
    "register": (
        "What must be true of `loaded` after an engine was replaced that had been loaded before?",
        "Refuse a name that is in `loaders`, unless replace is True. Then note the loader, and forget "
        "what was loaded under that name.",
        "Begin with `if name in loaders and not replace:`.",
    ),
    "load": (
        "In which three cases can a name be: loaded, registered but not loaded, or neither. What happens "
        "in each?",
        "Return what is loaded. Raise UnknownEngineError for a name without a loader. Otherwise call the "
        "loader in a `try`, and keep its answer only if it gave one.",
        "Begin with `if name in loaded:`.",
    ),
    "current": (
        "Which of the two is kept in `chosen`, the name or the engine?",
        "Ask `chosen` for the name, and `load` for the engine, each time.",
    ),
    "use": (
        "What has to happen before the block, what after it, and what if the block raises an error?",
        "Load the engine first: if that fails, nothing has been changed. Then set `chosen` and keep the "
        "token; reset with the token in `finally`.",
        "Begin with `engine = load(name)`, then `token = chosen.set(name)`.",
    ),
    "check_array": (
        "Which checks would raise an error of their own if an earlier one had not passed?",
        "One `if` for each row of the table, in that order, each with a message that begins with the name. "
        "Array, dtype, dimensions, layout, writeable, range, finite.",
        "Begin with `if not isinstance(array, np.ndarray):`.",
    ),
    "matmul": (
        "Which row and which column make the number c[i, j], and how long are they?",
        "Lists of rows of a and of columns of b; for each pair of them one sum of products, which begins at "
        "0.0 and is stored at the end.",
        "Begin with `rows = a.tolist()` and `columns = b.T.tolist()`.",
    ),
    "matmul_by_rows": (
        "With 5 columns and blocks of 2, where does each block begin and end?",
        "The starts are range(0, n, block), and a slice that ends too late ends where the array does. "
        "Inside: for each i and l, add a number times a piece of a row.",
        "Begin with `out = np.zeros((a.shape[0], b.shape[1]), dtype=np.float32)`.",
    ),
    "agree": (
        "If you wanted to slip a wrong engine past a test, which shape, value or side effect would you bet "
        "on that the test does not look at?",
        "A loop over shapes and a loop over kinds of numbers. For each: give the candidate copies, catch its "
        "errors, look at the copies, at the form of the answer, at nan and inf, and then at the difference.",
        "Begin with `rng = np.random.default_rng(0)` and a list of shapes (m, k, n), with a 0 in some of them.",
    ),
}
