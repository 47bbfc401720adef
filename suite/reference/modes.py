"""Which mode, set and device words name."""

import re
from collections.abc import Collection

# The first rule of which all words are there decides; a word is the beginning of one.
_RULES = (
    (("dynamic", "matmul"), "int8_dynamic_matmul"),
    (("динам", "matmul"), "int8_dynamic_matmul"),
    (("dynamic",), "int8_dynamic"),
    (("динам",), "int8_dynamic"),
    (("qoperator",), "int8_static_qoperator"),
    (("s8s8",), "int8_static_s8s8"),
    (("tuned",), "int8_static_tuned"),
    (("static",), "int8_static_qdq"),
    (("статич",), "int8_static_qdq"),
    (("qdq",), "int8_static_qdq"),
    (("fp16",), "fp16"),
    (("float16",), "fp16"),
    (("fp32",), "fp32"),
    (("float32",), "fp32"),
)
_GPU = re.compile(r"\b(gpu|cuda|tensorrt|trt|видеокарт\w*)\b")
_CPU = re.compile(r"\b(cpu|процессор\w*)\b")


def mode_of(words: str, known: Collection[str]) -> str | None:
    """The mode that a cell, a key or a file's name means; None where it means none, or several.

    Parameters
    ----------
    known : the ids of the modes that there are

    >>> known = ["fp32", "int8_dynamic", "int8_static_qdq"]
    >>> mode_of("INT8 QDQ", known), mode_of("Динамическое INT8", known), mode_of("INT8", known)
    ('int8_static_qdq', 'int8_dynamic', None)
    """
    text = words.lower().replace("*", "").replace("`", "").strip()
    if text in known:
        return text
    parts = re.findall(r"[^\W_]+", text)
    for needed, mode in _RULES:
        if mode in known and all(any(p.startswith(word) for p in parts) for word in needed):
            return mode
    return None


def dataset_of(words: str, known: Collection[str]) -> str | None:
    """The dataset that words name by its id, or by its id's first part where only one has that.

    >>> dataset_of("AdaFace (AgeDB, GPU)", ["lfw", "lfw-raw", "agedb-30"])
    'agedb-30'
    >>> dataset_of("FaceNet (LFW, 2026-02-09)", ["lfw", "lfw-raw", "agedb-30"])
    'lfw'
    """
    text = f" {_spaced(words)} "
    whole = [name for name in known if f" {_spaced(name)} " in text]
    if whole:
        return max(whole, key=len)
    firsts = {name for name in known if f" {_spaced(name).split()[0]} " in text}
    return firsts.pop() if len(firsts) == 1 else None


def says_gpu(words: str) -> bool:
    """Whether words say that a GPU ran it, and no CPU.

    >>> says_gpu("quantization_results_gpu/results.json"), says_gpu("CPU and GPU"), says_gpu("")
    (True, False, False)
    """
    text = words.lower().replace("_", " ")
    return bool(_GPU.search(text)) and not _CPU.search(text)


def _spaced(words: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", words.lower()))
