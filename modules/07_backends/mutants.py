"""Wrong solutions of lesson 07: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_registry": {
        "loads at once": (
            "    loaders[name] = loader\n    loaded.pop(name, None)",
            "    loaders[name] = loader\n    loaded[name] = loader()",
            "Your register calls the loader: it only notes it, and load calls it at the first use.",
        ),
        "overwrites in silence": (
            "if name in loaders and not replace:",
            "if False:",
            "Your register replaces a name that is taken without being asked to: raise "
            "ValueError unless replace is True.",
        ),
        "never replaces": (
            "if name in loaders and not replace:",
            "if name in loaders:",
            "Your register refuses a name that is taken also with replace=True.",
        ),
        "keeps the old engine": (
            "    loaded.pop(name, None)\n",
            "",
            "Your load still gives the old engine after a replacement: register has to "
            "forget it in loaded too.",
        ),
        "loads each time": (
            "    loaded[name] = engine\n",
            "",
            "Your load calls the loader at each call: keep the engine in loaded.",
        ),
        "one error for both": (
            'raise EngineUnavailableError(f"{name!r} cannot',
            'raise UnknownEngineError(f"{name!r} cannot',
            "Your load raises UnknownEngineError where the loader fails: the name is known, "
            "so it is EngineUnavailableError.",
        ),
        "lists no names": (
            "; there are {', '.join(loaders)}.",
            ".",
            "Your message about an unknown name does not list the names that there are.",
        ),
        "gives no reason": (
            " cannot be loaded here: {error}",
            " cannot be loaded here",
            "Your EngineUnavailableError does not say why: put the loader's message into it.",
        ),
        "loses the cause": (
            'cannot be loaded here: {error}") from error',
            'cannot be loaded here: {error}") from None',
            "Your EngineUnavailableError has lost the loader's own error: raise … from error.",
        ),
        "keeps failures": (
            "    except Exception as error:\n        raise Engine",
            "    except Exception as error:\n        del loaders[name]\n        raise Engine",
            "Your load tries a loader that has failed only once: after a failure the next "
            "call has to try again.",
        ),
        "lets the loader's error through": (
            "except Exception as error",
            "except OSError as error",
            "Your load lets an error of the loader through: catch every Exception, and "
            "raise EngineUnavailableError.",
        ),
        "knows import errors only": (
            "except Exception as error",
            "except ImportError as error",
            "Your load lets errors other than ImportError through: catch every Exception, and raise "
            "EngineUnavailableError.",
        ),
        "returns nothing": (
            "    loaded[name] = engine\n    return engine",
            "    loaded[name] = engine",
            "Your load returns nothing when it has just loaded an engine: return it then, too.",
        ),
    },
    "test_switch": {
        "stays after an error": (
            "    try:\n        yield engine\n    finally:\n        chosen.reset(token)",
            "    yield engine\n    chosen.reset(token)",
            "Your engine stays chosen after a block that ends by an error: reset the "
            "variable in finally.",
        ),
        "never switches back": (
            "    finally:\n        chosen.reset(token)",
            "    finally:\n        pass",
            "Your engine stays chosen after its block: reset the variable when the block ends.",
        ),
        "back to the default": (
            "        chosen.reset(token)",
            '        chosen.set("numpy")',
            "Your block ends with the engine 'numpy', not with the one before it: "
            "chosen.reset(token) knows which.",
        ),
        "swallows errors": (
            "        yield engine\n    finally:\n        chosen.reset",
            "        yield engine\n    except Exception:\n        pass\n    finally:\n        chosen.reset",
            "Your block swallows errors: they have to go on to whoever called it.",
        ),
        "chooses before it looks": (
            "    engine = load(name)\n    token = chosen.set(name)\n",
            "    token = chosen.set(name)\n    engine = load(name)\n",
            "Your use changes the engine before it knows that it can be loaded: load first, "
            "then set.",
        ),
        "yields nothing": (
            "        yield engine\n",
            "        yield\n",
            "Your use gives nothing to `as`: yield the engine.",
        ),
        "a global variable": (
            "    token = chosen.set(name)\n    try:\n        yield engine\n    finally:\n"
            "        chosen.reset(token)",
            "    global chosen\n    before, chosen = chosen, ContextVar('chosen', default=name)\n    try:\n"
            "        yield engine\n    finally:\n        chosen = before",
            "Your use changes the engine of all threads: set the context variable, and reset it "
            "by its token.",
        ),
        "remembers engines": (
            "    return load(chosen.get())",
            "    known = current.__dict__\n    return known.setdefault(chosen.get(), load(chosen.get()))",
            "Your current keeps an engine that has been replaced since: ask load at each call.",
        ),
    },
    "test_check_array": {
        "a list is an array": (
            "    if not isinstance(array, np.ndarray):\n",
            "    array = np.asarray(array, dtype=dtype if isinstance(array, list) else None)\n"
            "    if not isinstance(array, np.ndarray):\n",
            "Your front door turns a list into an array: it only looks, and refuses what is none.",
        ),
        "any float": (
            "if array.dtype != np.dtype(dtype):",
            "if array.dtype.kind != np.dtype(dtype).kind:",
            "Your front door compares only the kind of the dtype: float64 for float32 has "
            "to be refused.",
        ),
        "any order of bytes": (
            "if array.dtype != np.dtype(dtype):",
            "if array.dtype.newbyteorder('=') != np.dtype(dtype):",
            "Your front door lets swapped bytes in: compare the whole dtype.",
        ),
        "fewer dimensions": (
            "if array.ndim != n_dims:",
            "if array.ndim > n_dims:",
            "Your front door refuses too many dimensions only: too few are wrong as well.",
        ),
        "any layout": (
            "if not array.flags.c_contiguous:",
            "if not array.flags.forc:",
            "Your front door lets a transposed array in: flags.c_contiguous has to be true, "
            "not one of the two orders.",
        ),
        "never writeable": (
            "if writeable and not array.flags.writeable:",
            "if not array.flags.writeable:",
            "Your front door refuses read-only arrays always: only those that will be "
            "changed have to be writeable.",
        ),
        "read-only is changed": (
            "if writeable and not array.flags.writeable:",
            "if writeable and array is None:",
            "Your front door lets a read-only array in that will be changed: look at "
            "flags.writeable.",
        ),
        "below is allowed": (
            "array.max() < below)",
            "array.max() <= below)",
            "Your front door lets an index in that is as large as below: the largest "
            "allowed is below − 1.",
        ),
        "negative indices": (
            "(array.min() >= 0 and array.max() < below)",
            "array.max() < below",
            "Your front door lets negative indices in: look at the minimum as well.",
        ),
        "empty has no minimum": (
            "if below is not None and array.size and not",
            "if below is not None and not",
            "Your front door asks an empty array of indices for its minimum: look at "
            "array.size first.",
        ),
        "always finite": (
            "if finite and not np.isfinite(array).all():",
            "if not np.isfinite(array).all():",
            "Your front door refuses nan always: only where finite is asked for.",
        ),
        "infinity is finite": (
            "not np.isfinite(array).all()",
            "np.isnan(array).any()",
            "Your front door looks for nan only: infinity is not finite either.",
        ),
        "one finite number is enough": (
            "np.isfinite(array).all()",
            "np.isfinite(array).any()",
            "Your front door lets an array pass that has one finite number: all have to be finite.",
        ),
        "nothing is below nothing": (
            "if below is not None and array",
            "if below and array",
            "Your front door takes below=0 for no bound: ask below is not None.",
        ),
        "another error": (
            'raise BadArgumentError(f"{name} must be {np.dtype(dtype)}',
            'raise TypeError(f"{name} must be {np.dtype(dtype)}',
            "Your front door raises another error for a wrong dtype: it is BadArgumentError "
            "for every fault.",
        ),
        "no name": (
            'raise BadArgumentError(f"{name} is changed in place',
            'raise BadArgumentError(f"it is changed in place',
            "Your message about a read-only array does not begin with the argument's name.",
        ),
    },
    "test_matmul": {
        "transposed b": (
            "    columns = b.T.tolist()\n",
            "    columns = b.tolist()\n",
            "Your product goes through the rows of b: its columns are the rows of b.T.",
        ),
        "float32 sums": (
            "            total = 0.0\n",
            "            total = np.float32(0.0)\n",
            "Your sums are kept in float32: sum Python floats, and round once, when the sum "
            "is stored.",
        ),
        "float64 result": (
            "    out = np.zeros((len(rows), len(columns)), dtype=np.float32)\n    for i, row",
            "    out = np.zeros((len(rows), len(columns)))\n    for i, row",
            "Your result is float64: make the array of zeros with dtype=np.float32.",
        ),
        "the last term": (
            "zip(row, column, strict=True)",
            "zip(row[:-1], column[:-1], strict=True)",
            "Your sums leave out their last term.",
        ),
        "places exchanged": (
            "            out[i, j] = total",
            "            out[j % len(rows), i % len(columns)] = total",
            "Your product stores each sum in row j and column i: its place is [i, j].",
        ),
        "adds": (
            "total += x * y",
            "total += x + y",
            "Your product adds the two numbers of a pair: it multiplies them, and adds the "
            "products.",
        ),
        "lists": (
            "            out[i, j] = total\n    return out",
            "            out[i, j] = total\n    return out.tolist()",
            "Your product returns lists: return the array.",
        ),
    },
    "test_matmul_by_rows": {
        "narrow block left out": (
            "range(0, b.shape[1], block)",
            "range(0, b.shape[1] - b.shape[1] % block, block)",
            "Your product leaves out the last block where it is narrower than the others.",
        ),
        "first block only": (
            "        end = start + block\n",
            "        end = start + block\n        if start:\n            break\n",
            "Your product makes the first block of columns only.",
        ),
        "overwrites": (
            "                out[i, start:end] += a",
            "                out[i, start:end] = a",
            "Your rows hold the last term only: add to out[i, start:end], with +=.",
        ),
        "one column too few": (
            "end = start + block",
            "end = start + block - 1",
            "Your blocks are one column too narrow: a slice ends before its end, so end is "
            "start + block.",
        ),
        "first row of b": (
            "a[i, l] * b[l, start:end]\n    return",
            "a[i, l] * b[0, start:end]\n    return",
            "Your product takes row 0 of b for every term: it is row l.",
        ),
        "exchanged": (
            "                out[i, start:end] += a[i, l] * b",
            "                out[i, start:end] += a[l % len(a), i % len(b)] * b",
            "Your factor of row l of b is not a[i, l]: rows and columns of a are exchanged.",
        ),
        "float64": (
            "    out = np.zeros((a.shape[0], b.shape[1]), dtype=np.float32)\n    for start",
            "    out = np.zeros((a.shape[0], b.shape[1]))\n    for start",
            "Your result is float64: make the array of zeros with dtype=np.float32.",
        ),
    },
    "test_agree": {
        "accepts all": (
            "            if not _agrees_on(reference, candidate, a, b):\n                return False",
            "            pass",
            "Your agree accepts every engine: return False at the first disagreement.",
        ),
        "equality": (
            "(difference <= 1e-5 * scale[regular]).all()",
            "(difference == 0).all()",
            "Your agree asks for equality: right engines differ in the last digits.",
        ),
        "a tolerance too wide": (
            "1e-5 * scale",
            "1e-2 * scale",
            "Your tolerance is too wide: an engine that is wrong by a thousandth gets through.",
        ),
        "a tolerance of the result": (
            "1e-5 * scale[regular]",
            "1e-7 * np.abs(expected[regular])",
            "Your tolerance is relative to the result, which may cancel to nearly 0: take "
            "it relative to the sum of the magnitudes.",
        ),
        "absolute": (
            "difference <= 1e-5 * scale[regular]",
            "difference <= 1e-5",
            "Your tolerance is the same for large and tiny numbers: take it relative to the "
            "sum of the magnitudes.",
        ),
        "one shape": (
            "for m, k, n in shapes:",
            "for m, k, n in shapes[1:2]:",
            "Your agree tries one shape only: engines also break at one row, odd sizes, "
            "many columns and empty matrices.",
        ),
        "no empty shapes": (
            "    shapes += [(4, 0, 3), (0, 2, 3), (2, 3, 0), (9, 70, 67), (130, 2, 3)]\n",
            "    shapes += [(9, 70, 67), (130, 2, 3)]\n",
            "Your agree tries no empty matrices: k = 0, no rows, no columns.",
        ),
        "one kind of number": (
            "for kind in range(5):",
            "for kind in (0, 0, 0, 0, 0):",
            "Your agree tries ordinary numbers only: nan, infinity, very large and tiny "
            "ones have to come through, too.",
        ),
        "no second call": (
            "        for kind in range(5):",
            "        for kind in [(m + k + n) % 5]:",
            "Your agree calls each shape once: an engine that keeps answers by shape is "
            "right then, and wrong at the second call.",
        ),
        "does not look at the arguments": (
            "if not unchanged or not form or",
            "if not form or",
            "Your agree does not notice that an engine changes its arguments: compare them "
            "afterwards.",
        ),
        "any dtype": (
            "isinstance(found, np.ndarray) and found.dtype == np.float32",
            "isinstance(found, np.ndarray)",
            "Your agree accepts an answer in float64: the dtype belongs to the answer.",
        ),
        "errors come out as agreement": (
            "    except Exception:\n        return False\n    unchanged",
            "    except Exception:\n        return True\n    unchanged",
            "Your agree takes an engine's error for agreement: it is a disagreement.",
        ),
        "upside down": (
            "                return False\n    return True",
            "                return True\n    return False",
            "Your agree says False of right engines and True of wrong ones.",
        ),
    },
}
