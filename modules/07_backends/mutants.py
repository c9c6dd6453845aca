"""Wrong solutions of lesson 07: each has to be caught, with a message that helps."""

MUTANTS = {
    "test_registry": {
        "loads at once": (
            "    loaders[name] = loader\n    loaded.pop(name, None)",
            "    loaders[name] = loader\n    loaded[name] = loader()",
        ),
        "overwrites in silence": ("if name in loaders and not replace:", "if False:"),
        "never replaces": ("if name in loaders and not replace:", "if name in loaders:"),
        "keeps the old engine": ("    loaded.pop(name, None)\n", ""),
        "loads each time": ("    loaded[name] = engine\n", ""),
        "one error for both": (
            'raise EngineUnavailableError(f"{name!r} cannot',
            'raise UnknownEngineError(f"{name!r} cannot',
        ),
        "lists no names": ("; there are {', '.join(loaders)}.", "."),
        "gives no reason": (" cannot be loaded here: {error}", " cannot be loaded here"),
        "loses the cause": (
            'cannot be loaded here: {error}") from error',
            'cannot be loaded here: {error}") from None',
        ),
        "keeps failures": (
            "    except Exception as error:\n        raise Engine",
            "    except Exception as error:\n        del loaders[name]\n        raise Engine",
        ),
        "lets the loader's error through": ("except Exception as error", "except OSError as error"),
        "knows import errors only": ("except Exception as error", "except ImportError as error"),
        "returns nothing": (
            "    loaded[name] = engine\n    return engine",
            "    loaded[name] = engine",
        ),
    },
    "test_switch": {
        "stays after an error": (
            "    try:\n        yield engine\n    finally:\n        chosen.reset(token)",
            "    yield engine\n    chosen.reset(token)",
        ),
        "never switches back": (
            "    finally:\n        chosen.reset(token)",
            "    finally:\n        pass",
        ),
        "back to the default": ("        chosen.reset(token)", '        chosen.set("numpy")'),
        "swallows errors": (
            "        yield engine\n    finally:\n        chosen.reset",
            "        yield engine\n    except Exception:\n        pass\n    finally:\n        chosen.reset",
        ),
        "chooses before it looks": (
            "    engine = load(name)\n    token = chosen.set(name)\n",
            "    token = chosen.set(name)\n    engine = load(name)\n",
        ),
        "a global variable": (
            "    token = chosen.set(name)\n    try:\n        yield engine\n    finally:\n"
            "        chosen.reset(token)",
            "    global chosen\n    before, chosen = chosen, ContextVar('chosen', default=name)\n    try:\n"
            "        yield engine\n    finally:\n        chosen = before",
        ),
        "yields nothing": ("        yield engine\n", "        yield\n"),
        "remembers engines": (
            "    return load(chosen.get())",
            "    known = current.__dict__\n    return known.setdefault(chosen.get(), load(chosen.get()))",
        ),
    },
    "test_check_array": {
        "a list is an array": (
            "    if not isinstance(array, np.ndarray):\n",
            "    array = np.asarray(array, dtype=dtype if isinstance(array, list) else None)\n"
            "    if not isinstance(array, np.ndarray):\n",
        ),
        "any float": (
            "if array.dtype != np.dtype(dtype):",
            "if array.dtype.kind != np.dtype(dtype).kind:",
        ),
        "any order of bytes": (
            "if array.dtype != np.dtype(dtype):",
            "if array.dtype.newbyteorder('=') != np.dtype(dtype):",
        ),
        "fewer dimensions": ("if array.ndim != n_dims:", "if array.ndim > n_dims:"),
        "any layout": ("if not array.flags.c_contiguous:", "if not array.flags.forc:"),
        "never writeable": (
            "if writeable and not array.flags.writeable:",
            "if not array.flags.writeable:",
        ),
        "read-only is changed": (
            "if writeable and not array.flags.writeable:",
            "if writeable and array is None:",
        ),
        "below is allowed": ("array.max() < below)", "array.max() <= below)"),
        "negative indices": ("(array.min() >= 0 and array.max() < below)", "array.max() < below"),
        "empty has no minimum": (
            "if below is not None and array.size and not",
            "if below is not None and not",
        ),
        "always finite": (
            "if finite and not np.isfinite(array).all():",
            "if not np.isfinite(array).all():",
        ),
        "one finite number is enough": ("np.isfinite(array).all()", "np.isfinite(array).any()"),
        "nothing is below nothing": ("if below is not None and array", "if below and array"),
        "infinity is finite": ("not np.isfinite(array).all()", "np.isnan(array).any()"),
        "another error": (
            'raise BadArgumentError(f"{name} must be {np.dtype(dtype)}',
            'raise TypeError(f"{name} must be {np.dtype(dtype)}',
        ),
        "no name": (
            'raise BadArgumentError(f"{name} is changed in place',
            'raise BadArgumentError(f"it is changed in place',
        ),
    },
    "test_matmul": {
        "transposed b": ("    columns = b.T.tolist()\n", "    columns = b.tolist()\n"),
        "float32 sums": ("            total = 0.0\n", "            total = np.float32(0.0)\n"),
        "float64 result": (
            "    out = np.zeros((len(rows), len(columns)), dtype=np.float32)\n    for i, row",
            "    out = np.zeros((len(rows), len(columns)))\n    for i, row",
        ),
        "the last term": (
            "zip(row, column, strict=True)",
            "zip(row[:-1], column[:-1], strict=True)",
        ),
        "places exchanged": (
            "            out[i, j] = total",
            "            out[j % len(rows), i % len(columns)] = total",
        ),
        "adds": ("total += x * y", "total += x + y"),
        "lists": (
            "            out[i, j] = total\n    return out",
            "            out[i, j] = total\n    return out.tolist()",
        ),
    },
    "test_matmul_by_rows": {
        "narrow block left out": (
            "range(0, b.shape[1], block)",
            "range(0, b.shape[1] - b.shape[1] % block, block)",
        ),
        "first block only": (
            "        end = start + block\n",
            "        end = start + block\n        if start:\n            break\n",
        ),
        "overwrites": (
            "                out[i, start:end] += a",
            "                out[i, start:end] = a",
        ),
        "one column too few": ("end = start + block", "end = start + block - 1"),
        "first row of b": (
            "a[i, l] * b[l, start:end]\n    return",
            "a[i, l] * b[0, start:end]\n    return",
        ),
        "exchanged": (
            "                out[i, start:end] += a[i, l] * b",
            "                out[i, start:end] += a[l % len(a), i % len(b)] * b",
        ),
        "float64": (
            "    out = np.zeros((a.shape[0], b.shape[1]), dtype=np.float32)\n    for start",
            "    out = np.zeros((a.shape[0], b.shape[1]))\n    for start",
        ),
    },
    "test_agree": {
        "accepts all": (
            "            if not _agrees_on(reference, candidate, a, b):\n                return False",
            "            pass",
        ),
        "equality": ("(difference <= 1e-5 * scale[regular]).all()", "(difference == 0).all()"),
        "a tolerance too wide": ("1e-5 * scale", "1e-2 * scale"),
        "a tolerance of the result": ("1e-5 * scale[regular]", "1e-7 * np.abs(expected[regular])"),
        "absolute": ("difference <= 1e-5 * scale[regular]", "difference <= 1e-5"),
        "one shape": ("for m, k, n in shapes:", "for m, k, n in shapes[1:2]:"),
        "no empty shapes": (
            "    shapes += [(4, 0, 3), (0, 2, 3), (2, 3, 0), (9, 70, 67), (130, 2, 3)]\n",
            "    shapes += [(9, 70, 67), (130, 2, 3)]\n",
        ),
        "one kind of number": ("for kind in range(5):", "for kind in (0, 0, 0, 0, 0):"),
        "no second call": (
            "        for kind in range(5):",
            "        for kind in [(m + k + n) % 5]:",
        ),
        "does not look at the arguments": ("if not unchanged or not form or", "if not form or"),
        "any dtype": (
            "isinstance(found, np.ndarray) and found.dtype == np.float32",
            "isinstance(found, np.ndarray)",
        ),
        "errors come out as agreement": (
            "    except Exception:\n        return False\n    unchanged",
            "    except Exception:\n        return True\n    unchanged",
        ),
        "upside down": (
            "                return False\n    return True",
            "                return True\n    return False",
        ),
    },
}
